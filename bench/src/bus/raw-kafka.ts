import { randomUUID } from 'node:crypto';
import { PARTITIONS } from '@countersign/contracts';
import { patchKafkajs } from '@countersign/messaging';
import { Kafka, logLevel } from 'kafkajs';
import { SteadyRate } from '../measure/steady-rate.js';
import { TOPIC } from './world.js';

const BATCH = 1_000;
const RAW_TOPIC = 'bench.raw';

/**
 * The bare client on the same broker: kafkajs without anything around it, but with the driver's patches. They hold for the whole
 * process, so without them only the time before the driver's first connection would be measured on another client.
 */
export class RawKafka {
  private readonly kafka: Kafka;

  private constructor(brokers: string[]) {
    patchKafkajs();
    this.kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  }

  static async prepare(brokers: string[]): Promise<RawKafka> {
    const raw = new RawKafka(brokers);
    const admin = raw.kafka.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: RAW_TOPIC, numPartitions: PARTITIONS, replicationFactor: 1 }],
    });
    await admin.disconnect();
    return raw;
  }

  /** Messages of an event's size, a thousand in a batch, acknowledged by all replicas. @returns messages per second */
  async publish(count: number): Promise<number> {
    const producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const headers = {
      ce_id: randomUUID(),
      ce_type: 'delivery.succeeded',
      ce_source: 'bench',
      ce_time: 'x'.repeat(300),
    };
    const value = JSON.stringify({ deliveryId: 'dlv_1', endpointId: 'ep_1', text: 'x'.repeat(120) });
    try {
      const start = performance.now();
      for (let done = 0; done < count; done += BATCH) {
        await producer.send({
          topic: RAW_TOPIC,
          acks: -1,
          messages: Array.from({ length: Math.min(BATCH, count - done) }, (_, n) => ({
            key: `demo/dlv_${(done + n) % BATCH}`,
            headers,
            value,
          })),
        });
      }
      return (count * 1_000) / (performance.now() - start);
    } finally {
      await producer.disconnect();
    }
  }

  /** The product's own topic by eachBatch, each value parsed. @returns events per second, of all but the first tenth */
  async consume(count: number): Promise<number> {
    const consumer = this.kafka.consumer({ groupId: `raw-${randomUUID()}`, maxWaitTimeInMs: 500 });
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    const { promise, resolve } = Promise.withResolvers<number>();
    const rate = new SteadyRate(count);
    await consumer.run({
      eachBatch: ({ batch }) => {
        for (const { value } of batch.messages) JSON.parse(value!.toString('utf8'));
        rate.add(batch.messages.length);
        if (rate.isReached) resolve(rate.perSecond);
        return Promise.resolve();
      },
    });
    try {
      return await promise;
    } finally {
      await consumer.disconnect();
    }
  }
}
