import { describe, expect, it } from 'vitest';
import { toMessage, toRecord } from './records.js';

describe('the records', () => {
  it('go out as they are, also where their data look like a record, or are none', () => {
    const value = Buffer.from('{"userId":"u1","key":"dept","value":null}');
    const record = { topic: 't', partition: 3, key: 'acme/u1', headers: { ce_id: '1' }, value };
    expect(toMessage(record)).toEqual({ partition: 3, key: 'acme/u1', headers: { ce_id: '1' }, value });
    expect(toMessage({ ...record, value: null })).toMatchObject({ value: null });
  });

  it('come in with text headers; of a repeated one the last counts', () => {
    const record = toRecord('t', 2, {
      offset: '41',
      timestamp: '1700000000000',
      key: null,
      value: null,
      headers: { one: Buffer.from('é'), two: [Buffer.from('a'), Buffer.from('b')], none: null },
    });
    expect(record).toEqual({
      topic: 't',
      partition: 2,
      offset: 41,
      key: null,
      value: null,
      headers: { one: 'é', two: 'b', none: '' },
      timestamp: new Date(1_700_000_000_000),
    });
  });
});
