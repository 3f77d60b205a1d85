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
});
