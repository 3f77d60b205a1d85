import { describe, expect, it } from 'vitest';
import { BatchRounds } from './batch-rounds.js';
import type { Received } from './call-handler.js';
import type { EventHandler } from './event-handlers.js';

const handler: EventHandler = { type: 't', handler: 'h', batch: true, invoke: () => Promise.resolve() };
const of = (...ids: string[]) => ids.map(id => ({ event: { id } }) as Received);

function rounds(mostEvents: number, poison?: string) {
  const calls: string[][] = [];
  const batches = new BatchRounds(mostEvents, (_, received) => {
    const ids = received.map(({ event }) => event.id);
    calls.push(ids);
    return poison !== undefined && ids.includes(poison) ? Promise.reject(new Error(poison)) : Promise.resolve();
  });
  return { calls, call: (...ids: string[]) => batches.call(handler, of(...ids)) };
}

describe('BatchRounds', () => {
  it('calls the handler once for what partitions have at the same time', async () => {
    const { calls, call } = rounds(100);
    await Promise.all([call('a', 'b'), call('c')]);
    await call('d');
    expect(calls).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('keeps to the most events of a call, but never splits what one partition has', async () => {
    const { calls, call } = rounds(3);
    await Promise.all([call('a', 'b'), call('c'), call('d', 'e', 'f', 'g'), call('h')]);
    expect(calls).toEqual([['a', 'b', 'c'], ['d', 'e', 'f', 'g'], ['h']]);
  });

  it('tells only the partition whose event fails', async () => {
    const { calls, call } = rounds(100, 'b');
    const outcomes = await Promise.allSettled([call('a'), call('b', 'c'), call('d')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(calls).toEqual([['a', 'b', 'c', 'd'], ['a'], ['b', 'c'], ['d']]);
  });

  it('calls a handler that fails by itself once', async () => {
    const { calls, call } = rounds(100, 'a');
    await expect(call('a')).rejects.toThrow('a');
    expect(calls).toEqual([['a']]);
  });
});
