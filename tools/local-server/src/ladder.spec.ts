import { describe, expect, it } from 'vitest';
import { climb, type Rung } from './ladder.js';

const absent: Rung<'absent', string> = { name: 'absent', open: () => Promise.resolve(undefined) };
const broken: Rung<'broken', string> = { name: 'broken', open: () => Promise.reject(new Error('cannot be reached')) };
const sound: Rung<'sound', string> = { name: 'sound', open: () => Promise.resolve('here') };

describe('a ladder', () => {
  it('takes the first way that works, and says why a better one did not', async () => {
    expect(await climb([absent, broken, sound, broken])).toEqual({
      rung: 'sound',
      value: 'here',
      notes: ['cannot be reached'],
    });
  });

  it('fails with the reasons of all', async () => {
    await expect(climb([broken, absent, broken])).rejects.toThrow('cannot be reached\ncannot be reached');
  });
});
