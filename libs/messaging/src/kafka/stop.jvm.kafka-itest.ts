import { startKafka, type Kafka } from '@countersign/kafka-broker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { kafkaHarness } from '../../test/support/kafka-harness.js';
import { Probe, probeData, ProbeEvent, probeRecord, seqOf, TENANT } from '../../test/support/probe.js';
import { quiet } from '../../test/support/quiet.js';
import { createDriver } from '../create-driver.js';

describe('a stop while the broker hangs', () => {
  let dataDir: string;
  let broker: Kafka;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-kafka-'));
    broker = await startKafka({ dataDir });
  });
  afterAll(async () => {
    process.kill(broker.pid, 'SIGCONT');
    await broker.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('waits for no answer: not of a commit, a produce request, a heartbeat, nor a connection', async () => {
    const probe = await Probe.open(kafkaHarness({ KAFKA_BROKERS: broker.brokers.join() }));
    try {
      const got: number[] = [];
      const gate = Promise.withResolvers<void>();
      const service = await probe.service([
        {
          type: ProbeEvent.type,
          handler: 'probe',
          one: async event => {
            got.push(seqOf(event));
            if (seqOf(event) === 1) await gate.promise;
          },
        },
      ]);
      await probe.publish([0, 1].map(seq => ({ subject: 's', seq })));
      await eventually(() => expect(got).toEqual([0, 1]), 30_000);
      process.kill(broker.pid, 'SIGSTOP');
      const { uow } = await probe.persistence(1);
      await uow.run(TENANT, tx => service.messaging.outbox.add(tx, ProbeEvent, 's', probeData(2)));
      const stranger = createDriver(probe.config, { service: 'suite', workerUrl: '', logger: quiet });
      const refused = expect(stranger.publish([probeRecord({ subject: 's', seq: 3 })])).rejects.toThrow();
      gate.resolve();
      const begin = performance.now();
      await Promise.all([service.messaging.stop(), stranger.close()]);
      // The consumer has 5 s, the relay 3 s, connections 1 s; a single answer would be waited for longer than that.
      expect(performance.now() - begin).toBeLessThan(20_000);
      await refused;
    } finally {
      process.kill(broker.pid, 'SIGCONT');
      await probe.close();
    }
  });
});
