import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceLog } from './service-log.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-log-'));
  path = join(folder, 'sample.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (level: string, msg: string) => `${JSON.stringify({ level, msg })}\n`;

describe('a service log', () => {
  it('gives the errors of this run, each once, and holds back half a line', () => {
    writeFileSync(path, line('error', 'of an earlier run'));
    const log = new ServiceLog('sample', path);
    log.open();
    appendFileSync(path, line('info', 'serving') + line('error', 'broken') + line('fatal', 'dead').slice(0, 10));
    expect(log.readErrors()).toEqual([{ service: 'sample', message: 'broken' }]);
    appendFileSync(path, line('fatal', 'dead').slice(10));
    expect(log.readErrors()).toEqual([{ service: 'sample', message: 'dead' }]);
    expect(log.readErrors()).toEqual([]);
  });

  it('shows its end for people, with the stack of an error', () => {
    const log = new ServiceLog('sample', path);
    const crash = {
      level: 'fatal',
      msg: 'no database',
      err: { message: 'no database', stack: 'Error: no database\n    at x' },
    };
    writeFileSync(path, `${line('info', 'one')}plain text of a crash\n${JSON.stringify(crash)}\n`);
    expect(log.tail(2)).toBe('plain text of a crash\nfatal no database\nError: no database\n    at x');
  });
});
