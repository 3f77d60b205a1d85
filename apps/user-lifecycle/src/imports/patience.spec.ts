import { DomainError } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { isPassing, Patience } from './patience.js';

const away = () => new DomainError('hook_unavailable', 'unavailable', 'no usable answer');

describe('Patience', () => {
  const never = new AbortController().signal;

  /** Time that passes by waiting only. */
  function patienceOf(longestMs: number) {
    let at = 0;
    const patience = new Patience(longestMs, {
      now: () => at,
      pause: (ms, signal) => {
        at += ms;
        return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
    });
    return { patience, now: () => at };
  }

  /** Work that fails so many times before it succeeds. */
  function failing(times: number, error = away()) {
    let tries = 0;
    const run = () => (++tries <= times ? Promise.reject(error) : Promise.resolve('done'));
    return { run, tries: () => tries };
  }

  it('takes only what may be over in a moment for passing', () => {
    expect(isPassing(away())).toBe(true);
    expect(isPassing(new DomainError('attributes_changed', 'conflict', ''))).toBe(true);
    expect(isPassing(new DomainError('login_in_use', 'conflict', ''))).toBe(false);
    expect(isPassing(new DomainError('hook_refused', 'invalid', ''))).toBe(false);
    expect(isPassing(new Error('a defect'))).toBe(false);
  });

  it('tries again, at growing intervals, until it succeeds', async () => {
    const { run, tries } = failing(6);
    const { patience, now } = patienceOf(600_000);
    expect([await patience.run(run, never), tries()]).toEqual(['done', 7]);
    expect(now()).toBeGreaterThan(20_000);
    expect(now()).toBeLessThan(40_000);
  });

  it('does not try again what is refused for good', async () => {
    const { run, tries } = failing(1, new DomainError('hook_refused', 'invalid', 'no'));
    await expect(patienceOf(600_000).patience.run(run, never)).rejects.toThrow('no');
    expect(tries()).toBe(1);
  });

  it('gives up when nothing has got through for the whole time, and then lets each row fail at once', async () => {
    const { patience, now } = patienceOf(60_000);
    await expect(patience.run(failing(1_000).run, never)).rejects.toMatchObject({ code: 'hook_unavailable' });
    expect(now()).toBeGreaterThan(60_000);
    const next = failing(1_000);
    await expect(patience.run(next.run, never)).rejects.toMatchObject({ code: 'hook_unavailable' });
    expect(next.tries()).toBe(1);
  });

  it('has patience again when something got through', async () => {
    const { patience } = patienceOf(60_000);
    await expect(patience.run(failing(1_000).run, never)).rejects.toMatchObject({ code: 'hook_unavailable' });
    patience.reached();
    expect(await patience.run(failing(2).run, never)).toBe('done');
  });

  it('gives a row that fails alone up after a few tries', async () => {
    const { patience } = patienceOf(600_000);
    const { run, tries } = failing(1_000);
    const others = () => {
      patience.reached();
      return run();
    };
    await expect(patience.run(others, never)).rejects.toMatchObject({ code: 'hook_unavailable' });
    expect(tries()).toBe(4);
  });

  it('does not take a row for alone because another got through before everything went away', async () => {
    const { patience } = patienceOf(600_000);
    const { run, tries } = failing(8);
    const first = () => {
      if (tries() === 0) patience.reached();
      return run();
    };
    expect([await patience.run(first, never), tries()]).toEqual(['done', 9]);
  });

  it('stops waiting when the import stops', async () => {
    const stop = new AbortController();
    const waiting = new Patience(600_000).run(failing(1_000).run, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
