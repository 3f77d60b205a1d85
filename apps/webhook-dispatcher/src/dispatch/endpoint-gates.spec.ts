import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../endpoints/endpoint.js';
import type { HttpResult } from '../transport/http-sender.js';
import { EndpointGates } from './endpoint-gates.js';

const tenant = tenantId('acme');
const endpoint = { tenantId: tenant, id: 'ep_1', maxConcurrency: null, rateLimit: null } as Endpoint;
const answered = (status: number): HttpResult => ({
  transport: 'answered',
  startedAt: new Date(),
  durationMs: 1,
  status,
});

function make(more: Partial<Endpoint> = {}) {
  const gates = new EndpointGates();
  const changes: string[] = [];
  gates.onBreakerChange((_, id) => changes.push(id));
  gates.configure({ ...endpoint, ...more });
  const fail = (times: number, probe = false) => {
    for (let i = 0; i < times; i++) gates.finished('ep_1', answered(500), false, probe);
  };
  return { gates, changes, fail };
}

describe('EndpointGates', () => {
  it('lets one attempt run until the endpoint is known', () => {
    const gates = new EndpointGates();
    expect(gates.mayRun('ep_9', 0, 0)).toBe(true);
    expect(gates.mayRun('ep_9', 1, 0)).toBe(false);
  });

  it('bounds concurrency, by the endpoint’s own maximum too', () => {
    const { gates } = make({ maxConcurrency: 2 });
    expect([0, 1, 2].map(inFlight => gates.mayRun('ep_1', inFlight, Date.now()))).toEqual([true, true, false]);
  });

  it('says when the rate lets the next one start', () => {
    const { gates } = make({ rateLimit: 1 });
    const now = Date.now();
    gates.begin('ep_1', now);
    expect(gates.mayRun('ep_1', 0, now)).toBeGreaterThan(now);
    expect(gates.mayRun('ep_1', 0, now + 1_000)).toBe(true);
  });

  it('opens after five failures, once, and has that written', () => {
    const { gates, changes, fail } = make();
    fail(7);
    expect(gates.phase('ep_1', Date.now())).toBe('open');
    expect(changes).toEqual(['ep_1']);
    expect(gates.takeNews()).toMatchObject([{ tenantId: tenant, endpointId: 'ep_1', state: { opened: 1 } }]);
    expect(gates.takeNews()).toEqual([]);
    expect(gates.openCount(Date.now())).toBe(1);
  });

  it('does not let what another replica knew undo its own news', () => {
    const { gates, fail } = make();
    fail(5);
    const closed = { failures: 0, opened: 0, openUntil: 0 };
    const readBefore = performance.now();
    gates.restore('ep_1', closed, performance.now());
    expect(gates.phase('ep_1', Date.now())).toBe('open');
    gates.takeNews();
    gates.restore('ep_1', closed, performance.now());
    gates.newsWritten(['ep_1'], true);
    // Read before the news was written, told afterwards.
    gates.restore('ep_1', closed, readBefore);
    expect(gates.phase('ep_1', Date.now())).toBe('open');
    gates.restore('ep_1', closed, performance.now() + 1);
    expect(gates.phase('ep_1', Date.now())).toBe('closed');
  });

  it('uses a granted probe once, whatever the shared state says meanwhile', () => {
    const { gates, fail } = make();
    gates.halfOpen(tenant, 'ep_1');
    // The grant itself pushed the shared time into the future; how often it opened comes from there.
    gates.restore('ep_1', { failures: 9, opened: 2, openUntil: Date.now() + 60_000 }, performance.now());
    expect(gates.mayRun('ep_1', 0, Date.now())).toBe(true);
    expect(gates.begin('ep_1', Date.now())).toBe(true);
    expect(gates.mayRun('ep_1', 1, Date.now())).toBe(false);
    const before = Date.now();
    fail(1, true);
    const [{ state } = { state: undefined }] = gates.takeNews();
    expect(state).toMatchObject({ opened: 3 });
    expect(state!.openUntil - before).toBeGreaterThanOrEqual(120_000);
  });

  it('closes at a success and when a person mended the endpoint', () => {
    const { gates, changes, fail } = make();
    fail(5);
    gates.finished('ep_1', answered(200), true, false);
    expect(gates.phase('ep_1', Date.now())).toBe('closed');
    expect(gates.takeNews()).toMatchObject([{ state: { openUntil: 0 } }]);
    gates.newsWritten(['ep_1'], false);
    expect(gates.takeNews()).toHaveLength(1);
    fail(5);
    gates.reset('ep_1');
    expect(gates.phase('ep_1', Date.now())).toBe('closed');
    expect(changes).toHaveLength(4);
  });
});
