import type { Principal } from '@countersign/platform';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { InFlight } from './in-flight.js';

const limits = { MAX_IN_FLIGHT_PER_CLIENT: 2, MAX_IN_FLIGHT_PER_TENANT: 3 };
const person = (tenantId: string, id: string) => ({ tenantId, kind: 'user', id }) as Principal;
const refusal = expect.objectContaining({ code: 'rate_limited', retryAfter: 1 }) as Error;

function start() {
  const inFlight = new InFlight(limits, new Registry());
  const ends: (() => void)[] = [];
  const begin = (address: string, principal?: Principal) =>
    inFlight.run(address, principal, () => new Promise<void>(resolve => ends.push(resolve)));
  return { begin, ends };
}

describe('InFlight', () => {
  it('counts whoever is not signed in by network: all of an IPv6 customer’s addresses together', async () => {
    const { begin, ends } = start();
    const running = [begin('2001:db8::1'), begin('2001:db8::2')];
    await expect(begin('2001:db8::3')).rejects.toThrow(refusal);
    running.push(begin('2001:db8:0:1::1'), begin('203.0.113.1'));
    ends[0]!();
    await running[0];
    running.push(begin('2001:db8::3'));
    for (const end of ends) end();
    await Promise.all(running);
  });

  it('counts a principal wherever it comes from, and its tenant', async () => {
    const { begin, ends } = start();
    const running = [begin('203.0.113.1', person('acme', 'usr_1')), begin('203.0.113.2', person('acme', 'usr_1'))];
    await expect(begin('203.0.113.3', person('acme', 'usr_1'))).rejects.toThrow(refusal);
    running.push(begin('203.0.113.1', person('acme', 'usr_2')), begin('203.0.113.1', person('other', 'usr_1')));
    await expect(begin('203.0.113.1', person('acme', 'usr_3'))).rejects.toThrow(refusal);
    for (const end of ends) end();
    await Promise.all(running);
  });

  it('counts down when the work fails', async () => {
    const inFlight = new InFlight(limits, new Registry());
    const fail = () => inFlight.run('203.0.113.1', undefined, () => Promise.reject(new Error('as the test wants it')));
    for (let i = 0; i < 5; i += 1) await expect(fail()).rejects.toThrow('as the test wants it');
  });
});
