import { describe, expect, it } from 'vitest';
import { isDatabaseUnavailable, retrySerialization, sqlState, violatedConstraint } from './retry.js';

const failure = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

describe('sqlState', () => {
  it('reads the state of a driver error, also inside the wrapper of TypeORM', () => {
    expect(sqlState(failure('23505'))).toBe('23505');
    expect(sqlState({ driverError: failure('40001') })).toBe('40001');
  });

  it.each(['EPIPE', 'ECONNRESET', '', 'not_found'])('takes the code %j for no state', code => {
    expect(sqlState(failure(code))).toBeUndefined();
  });

  it('answers undefined for what is no error', () => {
    expect([undefined, null, 'text', {}].map(sqlState)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('violatedConstraint', () => {
  it('reads the name, also inside the wrapper of TypeORM', () => {
    expect(violatedConstraint({ constraint: 'a' })).toBe('a');
    expect(violatedConstraint({ driverError: { constraint: 'b' } })).toBe('b');
  });
});

describe('isDatabaseUnavailable', () => {
  it.each([
    '08006',
    '57P01',
    '57P03',
    '53300',
    '40001',
    '57014',
    '58000',
    'EPIPE',
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOENT',
  ])('%s is the database', code => {
    expect(isDatabaseUnavailable(failure(code))).toBe(true);
  });

  it.each(['23505', '42501', '42P01', '22P02', '28P01', 'P0001'])('%s is the statement', code => {
    expect(isDatabaseUnavailable(failure(code))).toBe(false);
  });

  it('knows the messages of the driver, which have no code', () => {
    expect(isDatabaseUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isDatabaseUnavailable(new Error('timeout exceeded when trying to connect'))).toBe(true);
    expect(isDatabaseUnavailable(new TypeError('x is not a function'))).toBe(false);
  });
});

describe('retrySerialization', () => {
  const losing = (times: number, code: string) => {
    let tries = 0;
    return () => (++tries <= times ? Promise.reject(failure(code)) : Promise.resolve(tries));
  };

  it('repeats lost serialization and deadlock races', async () => {
    expect(await retrySerialization(losing(2, '40001'))).toBe(3);
    expect(await retrySerialization(losing(4, '40P01'))).toBe(5);
  });

  it('gives up after five tries, and repeats nothing else', async () => {
    await expect(retrySerialization(losing(5, '40001'))).rejects.toMatchObject({ code: '40001' });
    await expect(retrySerialization(losing(1, '23505'))).rejects.toMatchObject({ code: '23505' });
  });
});
