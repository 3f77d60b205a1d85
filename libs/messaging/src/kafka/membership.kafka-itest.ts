import { startTestKafka } from '@countersign/kafka-broker';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { kafkaHarness } from '../../test/support/kafka-harness.js';
import { Probe, ProbeEvent, seqOf, subjectsIn } from '../../test/support/probe.js';
import { KafkaLink } from './kafka-link.js';
import { kafkaSettings } from './kafka-settings.js';
import { patchKafkajs } from './kafkajs-patches.js';

const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

describe('a member that the group expels', () => {
  let brokers: string[];
  let admin: Admin;
  beforeAll(async () => {
    ({ brokers } = await startTestKafka());
    patchKafkajs();
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  it('neither begins nor commits anything more of a partition that it was letting go', async () => {
    const probe = await Probe.open(kafkaHarness({ KAFKA_BROKERS: brokers.join() }));
    const group = `${probe.config.KAFKA_PREFIX}bus-probe`;
    const link = new KafkaLink({ settings: kafkaSettings(probe.config), clientId: 'suite', logger: quiet });
    try {
      const [blocked, other] = subjectsIn(0, 2) as [string, string];
      const gate = Promise.withResolvers<void>();
      const got: string[] = [];
      const member = (name: string, wait?: Promise<void>) =>
        probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: async event => {
              got.push(`${name} ${event.subject} ${seqOf(event)}`);
              if (event.subject === blocked && seqOf(event) === 0) await wait;
            },
          },
        ]);
      const first = await member('first', gate.promise);
      await probe.publish([
        { subject: blocked, seq: 0 },
        { subject: blocked, seq: 1 },
        { subject: other, seq: 0 },
      ]);
      await eventually(() => expect(got).toEqual([`first ${blocked} 0`, `first ${other} 0`]));
      const memberIds = async () => (await admin.describeGroups([group])).groups[0]!.members.map(one => one.memberId);
      const [firstId] = await memberIds();
      await member('second');
      // The second gets its half but the partition whose handler still runs.
      const held = async () =>
        (await first.metrics.getSingleMetric('messaging_partitions_assigned')!.get()).values[0]!.value;
      await eventually(async () => expect(await held()).toBe(7), 30_000);
      const secondId = (await memberIds()).find(id => id !== firstId);
      // Until the second has all: the first comes back with another id each time.
      await eventually(async () => {
        for (const memberId of (await memberIds()).filter(id => id !== secondId))
          await link.coordinated(group, broker => broker.leaveGroup({ groupId: group, memberId }));
        expect(got).toContain(`second ${blocked} 1`);
      }, 30_000);
      await eventually(async () => expect(await memberIds()).toHaveLength(2));
      gate.resolve();
      await probe.publish([{ subject: other, seq: 1 }]);
      await eventually(() => expect(got.at(-1)).toMatch(new RegExp(`${other} 1$`)), 30_000);
      expect(got.filter(one => one.endsWith(`${blocked} 1`))).toEqual([`second ${blocked} 1`]);
    } finally {
      await link.close();
      await probe.close();
    }
  });
});
