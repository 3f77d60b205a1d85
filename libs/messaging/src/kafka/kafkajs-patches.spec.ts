import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patchKafkajs } from './kafkajs-patches.js';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  checkPendingRequests(): void;
}

const require = createRequire(import.meta.url);
const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
const logger = { debug: () => undefined };
const newQueue = () =>
  new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'c', broker: 'b', logger });

describe('patchKafkajs', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    patchKafkajs();
    patchKafkajs();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('arms no timer while no request waits: kafkajs would spin in a loop of 1 ms for ever', () => {
    newQueue().checkPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('still wakes up for a request that waits for the end of throttling, once, never for a negative time', () => {
    const queue = newQueue();
    const armed = vi.spyOn(globalThis, 'setTimeout');
    queue.pending.push({ send: () => undefined });
    queue.throttledUntil = Date.now() + 70;
    queue.checkPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
    expect(armed.mock.calls.every(([, ms]) => ms! > 0)).toBe(true);
    queue.pending = [];
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'takes metadata (v%i) with a partition that has no leader, not a topic that is wrong',
    async api => {
      const { parse } = require(`kafkajs/src/protocol/requests/metadata/v${api}/response`) as {
        parse(answer: unknown): Promise<unknown>;
      };
      const [LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC] = [5, 3];
      const orphan = { partitionErrorCode: LEADER_NOT_AVAILABLE, partitionId: 0, leader: -1 };
      const answer = (topicErrorCode: number) => ({
        topicMetadata: [{ topicErrorCode, partitionMetadata: [{ ...orphan }] }],
      });
      await expect(parse(answer(0))).resolves.toMatchObject({
        topicMetadata: [{ partitionMetadata: [{ leader: -1 }] }],
      });
      await expect(parse(answer(UNKNOWN_TOPIC))).rejects.toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    },
  );
});
