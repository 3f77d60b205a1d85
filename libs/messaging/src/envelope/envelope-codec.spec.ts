import { GroupCreated, type EventEnvelope } from '@countersign/contracts';
import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeHeaders } from './envelope-codec.js';
import { UnparseableEvent } from './unparseable-event.js';

const at = '2026-01-31T12:00:00.000Z';
const event: EventEnvelope = {
  id: '01990d2e-7b5c-7c11-8a44-0d6f2a1b3c4d',
  type: GroupCreated.type,
  version: 1,
  source: 'user-lifecycle',
  time: at,
  tenantId: tenantId('acme'),
  subject: 'grp_1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  correlationId: 'c-1',
  causationId: 'e-1',
  actor: { type: 'user', id: 'usr_1', delegateeId: 'usr_2' },
  data: {
    group: { id: 'grp_1', name: 'Ops', description: null, createdAt: at, updatedAt: at, version: 1 },
    aggregateVersion: 1,
  },
};
const value = Buffer.from(JSON.stringify(event.data));

describe('the envelope codec', () => {
  it('writes CloudEvents 1.0 in binary mode', () => {
    expect(encodeHeaders(event)).toEqual({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: 'group.created',
      ce_dataversion: '1',
      ce_source: 'user-lifecycle',
      ce_time: at,
      ce_tenantid: 'acme',
      ce_subject: 'grp_1',
      ce_partitionkey: 'acme/grp_1',
      ce_correlationid: 'c-1',
      ce_causationid: 'e-1',
      ce_actor: '{"type":"user","id":"usr_1","delegateeId":"usr_2"}',
      traceparent: event.traceparent,
    });
  });

  it('reads what it writes', () => {
    expect(decodeEvent(encodeHeaders(event), value)).toEqual(event);
  });

  it('leaves out a cause that there is none of', () => {
    const { causationId: _, ...root } = event;
    expect(encodeHeaders(root)).not.toHaveProperty('ce_causationid');
    expect(decodeEvent(encodeHeaders(root), value)).not.toHaveProperty('causationId');
  });

  it('drops members of the data that the schema does not know, so that a newer producer is understood', () => {
    const newer = Buffer.from(JSON.stringify({ ...(event.data as object), added: 1 }));
    expect(decodeEvent(encodeHeaders(event), newer).data).toEqual(event.data);
  });

  it.each<[string, Record<string, string | undefined>, Buffer | null, RegExp]>([
    ['no value', {}, null, /no value/],
    ['bytes that are no text', {}, Buffer.from([0xc3, 0x28]), /UTF-8/],
    ['a text that is no JSON', {}, Buffer.from('{'), /not JSON/],
    ['data of another form', {}, Buffer.from('{"group":1}'), /\/group/],
    ['no id', { ce_id: undefined }, value, /\/ce_id/],
    ['an id that is no UUID', { ce_id: '7' }, value, /\/ce_id/],
    ['another version of CloudEvents', { ce_specversion: '0.3' }, value, /\/ce_specversion/],
    ['a tenant that is no slug', { ce_tenantid: '../x' }, value, /\/ce_tenantid.*slug/],
    ['an actor that is no JSON', { ce_actor: 'me' }, value, /ce_actor is not JSON/],
    ['an actor of no known kind', { ce_actor: '{"type":"god","id":"1"}' }, value, /\/type/],
    ['an event that is not defined', { ce_type: 'moon.landed' }, value, /moon\.landed/],
  ])('calls a record with %s unparseable', (_what, change, bytes, message) => {
    const headers = Object.fromEntries(
      Object.entries({ ...encodeHeaders(event), ...change }).filter(([, header]) => header !== undefined),
    ) as Record<string, string>;
    expect(() => decodeEvent(headers, bytes)).toThrow(UnparseableEvent);
    expect(() => decodeEvent(headers, bytes)).toThrow(message);
  });
});
