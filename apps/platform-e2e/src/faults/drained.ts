import { eventually } from '../support/eventually.js';
import type { Delivery, Page } from '../support/resources.js';
import type { Door } from './door.js';
import { metric } from './metrics.js';
import type { Told } from './told.js';
import { SERVICES, type Victims } from './victims.js';

/** What a delivery may owe at the end of its lease and its retry schedule, threefold. */
const DRAINED_MS = 120_000;
const OPEN_STATES = ['pending', 'delivering', 'retrying'];

/**
 * Waits until nothing is under way: outboxes empty, no lag, no delivery open.
 * @returns milliseconds that took
 */
export async function drained(victims: Victims, door: Door, told: Told): Promise<number> {
  const start = performance.now();
  await eventually(
    'outboxes, consumer groups and deliveries are drained',
    async () => {
      for (const service of SERVICES.filter(name => name !== 'gateway')) {
        const url = await victims.managementUrl(service);
        const [outbox, lag] = [
          await metric(url, 'messaging_outbox_depth'),
          await metric(url, 'messaging_consumer_lag_events'),
        ];
        if (outbox > 0 || lag > 0) {
          throw new Error(`${service}: ${String(outbox)} events in the outbox, lag ${String(lag)}`);
        }
      }
      for (const state of OPEN_STATES) {
        const query = `limit=1&filter=${encodeURIComponent(`state eq "${state}"`)}`;
        const page = (await door.must<Page<Delivery>>(`/v1/deliveries?${query}`, [200])).body;
        if (page.data.length > 0) throw new Error(`delivery ${String(page.data[0]?.id)} is ${state}`);
      }
      if (told.unanswered > 0) throw new Error(`${String(told.unanswered)} refused deliveries have not come back`);
      return true;
    },
    { deadlineMs: DRAINED_MS, everyMs: 250 },
  );
  return performance.now() - start;
}
