import { describe, expect, it } from 'vitest';
import { loggedError } from './logging.js';

/** As TypeORM and the driver make them. */
function queryFailed(): Error {
  const detail = 'Failing row contains (usr_1, secret-row).';
  const driverError = Object.assign(new Error('null value'), { code: '23502', detail, where: 'secret-row' });
  return Object.assign(new Error('null value'), {
    query: 'insert into t values ($1)',
    parameters: ['secret-parameter'],
    driverError,
    code: '23502',
    table: 't',
    detail,
  });
}

describe('an error in the log', () => {
  it('says which statement failed and how, never with what values', () => {
    const shown = loggedError(queryFailed());
    expect(shown).toMatchObject({
      message: 'null value',
      query: 'insert into t values ($1)',
      code: '23502',
      table: 't',
    });
    expect(JSON.stringify(shown)).not.toMatch(/secret/);
  });

  it('says so of errors within others too', () => {
    const cause = new Error('outer', { cause: queryFailed() });
    const shown = JSON.stringify([loggedError(cause), loggedError(new AggregateError([queryFailed()], 'several'))]);
    expect(shown).toMatch(/null value/);
    expect(shown).not.toMatch(/secret/);
  });
});
