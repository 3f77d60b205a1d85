import { describe, expect, it } from 'vitest';
import { parseStat } from './cpu-time.js';

describe('a line of /proc/<pid>/stat', () => {
  it('is read whatever the name of the program', () => {
    const line = '4711 (a ) b 7) S 42 4711 4711 0 -1 4194560 1 2 3 4 150 50 20 30 20 0 11 0 8800';
    expect(parseStat(line)).toEqual({ parent: 42, seconds: 2.5 });
  });
});
