import { describe, expect, it } from 'vitest';
import type { BusRecord, PartitionBatch } from '../port/bus-driver.js';
import { KafkaPartition } from './kafka-partition.js';

const records = (from: number, to: number): BusRecord[] =>
  Array.from({ length: to - from }, (_, n) => ({
    topic: 't',
    partition: 0,
    offset: from + n,
    key: null,
    headers: {},
    value: null,
    timestamp: new Date(),
  }));

function partition(onBatch: (batch: PartitionBatch) => Promise<void>): KafkaPartition {
  const onError = (error: unknown) => expect.fail(String(error));
  return new KafkaPartition(
    't',
    0,
    0,
    { mark: '', log: '' },
    { maxBatch: 500, onBatch, onError, commit: () => Promise.resolve(true) },
  );
}

describe('KafkaPartition', () => {
  it('asks for no more than it can use soon, and for more as that is committed', async () => {
    const held = partition(batch => batch.commit(batch.records.at(-1)!.offset + 1));
    expect([held.hasRecords, held.wantsMore]).toEqual([false, true]);
    held.add(records(0, 2_000), 2_000);
    expect([held.hasRecords, held.wantsMore]).toEqual([true, false]);
    held.begin();
    await held.idle();
    expect([held.position, held.wantsMore]).toEqual([500, true]);
  });

  it('gives what was not committed again, and has nothing when all is', async () => {
    const starts: number[] = [];
    const held = partition(async batch => {
      starts.push(batch.records[0]!.offset);
      if (starts.length > 1) await batch.commit(3);
    });
    held.add(records(0, 3), 3);
    for (let n = 0; n < 2; n++) {
      held.begin();
      await held.idle();
    }
    expect(starts).toEqual([0, 0]);
    expect(held.hasRecords).toBe(false);
  });
});
