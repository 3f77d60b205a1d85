import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '@countersign/kafka-broker';
import { kafkaHarness } from './kafka-harness.js';
import type { BreakableBus } from './probe.js';

/** A broker that is killed (kill -9) and started again on its data and port. */
export async function breakableKafka(): Promise<BreakableBus> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-kafka-'));
  let broker = await startKafka({ dataDir });
  const port = Number(broker.brokers[0]!.split(':').at(-1));
  return {
    harness: kafkaHarness({ KAFKA_BROKERS: broker.brokers.join() }),
    takeAway: () => broker.kill(),
    giveBack: async () => {
      broker = await startKafka({ dataDir, port });
    },
    close: async () => {
      await broker.kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
