import { eventually } from '@countersign/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayUnderTest } from './gateway-under-test.js';

const OF_CLIENT = 4;
const OF_TENANT = 6;

describe('requests under way at the same time', () => {
  let under: GatewayUnderTest;
  let open: AbortController[] = [];

  beforeAll(async () => {
    under = await GatewayUnderTest.start({
      MAX_IN_FLIGHT: '12',
      MAX_IN_FLIGHT_PER_CLIENT: String(OF_CLIENT),
      MAX_IN_FLIGHT_PER_TENANT: String(OF_TENANT),
    });
  });
  afterAll(() => under.stop());
  beforeEach(async () => {
    for (const controller of open) controller.abort();
    open = [];
    await eventually(async () => (await under.metric('gateway_upstream_in_flight{upstream="user-lifecycle"')) === 0);
    under.users.reset();
    under.users.handler = () => undefined;
  });

  /** A request that the service does not answer. */
  const hang = (headers: Record<string, string>) => {
    const controller = new AbortController();
    open.push(controller);
    return fetch(`${under.url}/v1/users`, { headers, signal: controller.signal }).catch(() => undefined);
  };
  const times = (count: number, headers: Record<string, string>) => {
    for (let i = 0; i < count; i += 1) void hang(headers);
  };
  const arrived = (count: number) => eventually(() => under.users.seen.length === count);

  it('of one client leave room for others, however many it sends', async () => {
    const greedy = await under.signedIn('acme', 'usr_1');
    times(OF_CLIENT, greedy);
    await arrived(OF_CLIENT);
    for (let i = 0; i < 20; i += 1) {
      const refused = (await hang(greedy))!;
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['in_flight'] });
    }
    times(1, await under.signedIn('acme', 'usr_2'));
    await arrived(OF_CLIENT + 1);
    open[0]!.abort();
    await eventually(
      async () => (await under.metric('gateway_upstream_in_flight{upstream="user-lifecycle"')) === OF_CLIENT,
    );
    times(1, greedy);
    await arrived(OF_CLIENT + 2);
  });

  it('of one tenant leave room for others, whoever sends them', async () => {
    times(OF_CLIENT, await under.signedIn('acme', 'usr_1'));
    times(OF_TENANT - OF_CLIENT, await under.signedIn('acme', 'usr_2'));
    await arrived(OF_TENANT);
    expect((await hang(await under.signedIn('acme', 'usr_3')))!.status).toBe(429);
    times(OF_CLIENT, await under.signedIn('other', 'usr_1'));
    await arrived(OF_TENANT + OF_CLIENT);
  });
});
