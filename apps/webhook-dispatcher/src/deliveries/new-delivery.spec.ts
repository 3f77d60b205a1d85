import { newId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { hookBody, isEcho, momentOf } from './new-delivery.js';

describe('momentOf', () => {
  it('reads the moment of creation out of an id', () => {
    const before = Date.now();
    const moment = momentOf(newId('dlv'))!.getTime();
    expect(moment).toBeGreaterThanOrEqual(before);
    expect(moment).toBeLessThanOrEqual(Date.now() + 1);
  });

  it.each(['dlv_short', 'dlv_', 'dlv_uuuuuuuuuuuuuuuuuuuuuuuuuu', 'dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz'])(
    'finds none in %s',
    id => {
      expect(momentOf(id)).toBeUndefined();
    },
  );
});

describe('hookBody', () => {
  it('is compact JSON in the order given', () => {
    expect(hookBody({ user: { assignedGroups: [], login: 'ä' } })).toBe(
      '{"request":{"user":{"assignedGroups":[],"login":"ä"}}}',
    );
  });
});

describe('isEcho', () => {
  it('holds for the endpoint that acted, unless it wants echoes', () => {
    const actor = { type: 'endpoint', id: 'ep_1' };
    expect(isEcho(actor, { endpointId: 'ep_1', echo: false })).toBe(true);
    expect(isEcho(actor, { endpointId: 'ep_1', echo: true })).toBe(false);
    expect(isEcho(actor, { endpointId: 'ep_2', echo: false })).toBe(false);
    expect(isEcho({ type: 'user', id: 'ep_1' }, { endpointId: 'ep_1', echo: false })).toBe(false);
    expect(isEcho(undefined, { endpointId: 'ep_1', echo: false })).toBe(false);
  });
});
