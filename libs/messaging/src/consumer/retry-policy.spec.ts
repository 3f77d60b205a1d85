import { DomainError } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { UnparseableEvent } from '../envelope/unparseable-event.js';
import { classify, MAX_ATTEMPTS, outageDelay, retryDelay, type ErrorClass } from './retry-policy.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const withStatus = (status: number) => Object.assign(new Error('HTTP'), { status });

describe('classify', () => {
  it.each<[string, unknown, ErrorClass]>([
    ['a refused connection', withCode('ECONNREFUSED'), 'outage'],
    ['a lost database connection', withCode('08006'), 'outage'],
    ['a database that shuts down', withCode('57P01'), 'outage'],
    ['a deadlock', withCode('40P01'), 'outage'],
    ['a serialization failure', withCode('40001'), 'outage'],
    ['a database error through a wrapper', Object.assign(new Error('x'), { driverError: { code: '57P03' } }), 'outage'],
    ['HTTP 503', withStatus(503), 'outage'],
    ['HTTP 429', withStatus(429), 'outage'],
    ['an unavailable service', new DomainError('unavailable', 'unavailable', 'x'), 'outage'],
    ['an outage inside another error', new Error('could not load', { cause: withCode('ECONNRESET') }), 'outage'],
    ['HTTP 404', withStatus(404), 'retry'],
    ['a violated constraint', withCode('23505'), 'retry'],
    ['a refusal of the domain', new DomainError('last_admin', 'conflict', 'x'), 'retry'],
    ['a TypeError', new TypeError('x is not a function'), 'retry'],
    ['a thrown text', 'ECONNREFUSED', 'retry'],
    ['undefined', undefined, 'retry'],
    ['a record that is no event', new UnparseableEvent('x'), 'hopeless'],
  ])('%s', (_what, error, expected) => {
    expect(classify(error)).toBe(expected);
  });
});

describe('the delays', () => {
  it('have a poison event out of its way in under a second', () => {
    let total = 0;
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) total += retryDelay(attempt, () => 1);
    expect(total).toBeLessThan(1_000);
  });

  it('grow for an outage, up to a bound, and differ between members', () => {
    const middle = [1, 2, 3, 10, 50].map(n => outageDelay(n, () => 0.5));
    expect(middle).toEqual([250, 500, 1_000, 10_000, 10_000]);
    expect(outageDelay(1, () => 0)).toBeLessThan(outageDelay(1, () => 1));
  });
});
