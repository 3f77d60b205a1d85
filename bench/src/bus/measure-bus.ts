import { setTimeout as delay } from 'node:timers/promises';
import { SteadyRate } from '../measure/steady-rate.js';
import { waitUntil } from '../platform/wait-until.js';
import { TOPIC, type BusWorld, type Handler } from './world.js';

const LIMITS = { timeoutMs: 600_000, everyMs: 10 };

/** What is measured of a consumer: the same events, with more and more work for each. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  'no-op handler': { one: () => undefined },
  '1 ms handler': { one: () => delay(1) },
  'inbox handler (batches)': {
    many: (events, messaging) => messaging.inbox.onceBatch('bench', events, () => Promise.resolve()),
  },
};

/** From an outbox that is full to one that is empty, all of it on the bus. @returns events per second */
export async function measureRelay(world: BusWorld, count: number): Promise<number> {
  await world.fillOutbox(count);
  const messaging = world.messaging();
  const start = performance.now();
  await messaging.start();
  try {
    await waitUntil('the outbox is empty', () => world.outboxIsEmpty(), LIMITS);
    return (count * 1_000) / (performance.now() - start);
  } finally {
    await messaging.stop();
  }
}

/** @returns events per second, of all but the first tenth */
export async function measureConsumer(world: BusWorld, handler: Handler, count: number): Promise<number> {
  const rate = new SteadyRate(count);
  const counted: Handler = {
    ...(handler.one && {
      one: async (event, messaging) => {
        await handler.one!(event, messaging);
        rate.add(1);
      },
    }),
    ...(handler.many && {
      many: async (events, messaging) => {
        await handler.many!(events, messaging);
        rate.add(events.length);
      },
    }),
  };
  const messaging = world.messaging(counted);
  await messaging.operations.seek({ topic: TOPIC, to: 'beginning' });
  await messaging.start();
  try {
    await waitUntil(`${count} events are handled`, () => rate.isReached, LIMITS);
    return rate.perSecond;
  } finally {
    await messaging.stop();
  }
}
