import { describe, expect, it } from 'vitest';
import { Breaker, PROBE_LEASE_MS } from './breaker.js';

const fail = (breaker: Breaker, times: number, now = 0) =>
  Array.from({ length: times }, () => breaker.failed(now, false));

describe('Breaker', () => {
  it('opens at the fifth failure in a row', () => {
    const breaker = new Breaker();
    expect(fail(breaker, 4)).toEqual([false, false, false, false]);
    breaker.succeeded();
    expect(fail(breaker, 5)).toEqual([false, false, false, false, true]);
    expect(breaker.phase(29_999)).toBe('open');
    expect(breaker.phase(30_000)).toBe('half_open');
  });

  it('lets a single attempt through once the time is over', () => {
    const breaker = new Breaker();
    fail(breaker, 5);
    expect(breaker.takeProbe(29_999)).toBe(false);
    expect(breaker.takeProbe(30_000)).toBe(true);
    expect(breaker.takeProbe(30_000)).toBe(false);
    expect(breaker.phase(30_000)).toBe('open');
    // A probe whose process died does not block for ever.
    expect(breaker.takeProbe(30_000 + PROBE_LEASE_MS)).toBe(true);
  });

  it('doubles from 30 s to 5 min while probes fail, and forgets all at a success', () => {
    const breaker = new Breaker();
    fail(breaker, 5);
    let now = 0;
    const lengths = [];
    for (let i = 0; i < 6; i++) {
      const { openUntil } = breaker.current;
      lengths.push(openUntil - now);
      now = openUntil;
      breaker.takeProbe(now);
      breaker.failed(now, true);
    }
    expect(lengths).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
    expect(breaker.succeeded()).toBe(true);
    expect(breaker.phase(now)).toBe('closed');
    fail(breaker, 5, now);
    expect(breaker.current.openUntil - now).toBe(30_000);
  });

  it('does not double for attempts that began before it opened', () => {
    const breaker = new Breaker();
    fail(breaker, 5);
    fail(breaker, 3, 10_000);
    expect(breaker.current.openUntil).toBe(30_000);
  });

  it('tells when there is nothing new to tell', () => {
    const breaker = new Breaker();
    expect(breaker.succeeded()).toBe(false);
    breaker.failed(0, false);
    expect(breaker.succeeded()).toBe(true);
  });
});
