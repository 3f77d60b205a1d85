import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Probe, ProbeEvent, seqOf, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { useTestKafka } from '../../test/support/test-kafka.js';
import { commitOffsets } from './group-offsets.js';
import { encodeSubscription, PROTOCOL } from './group-protocol.js';
import { Membership } from './membership.js';

const noop = () => undefined;
const kafka = useTestKafka();

async function members(group: string): Promise<string[]> {
  const { groups } = await kafka.admin.describeGroups([group]);
  return groups[0]!.members.map(({ memberId }) => memberId);
}

describe('a member', () => {
  it('leaves at once when it is stopped while its first join waits for others', async () => {
    const group = `${kafka.harness().config.KAFKA_PREFIX}slow`;
    // One that never joins again: the group gives it the time of a rebalance.
    const metadata = encodeSubscription({ topics: [], owned: {}, generation: -1, seeks: [] });
    const request = {
      groupId: group,
      sessionTimeout: 60_000,
      rebalanceTimeout: 60_000,
      memberId: '',
      groupProtocols: [{ name: PROTOCOL, metadata }],
    };
    const link = kafka.newLink();
    // A fresh broker has no coordinator for a moment.
    const slow = await eventually(() => link.coordinated(group, broker => broker.joinGroup(request)));
    const member = new Membership({
      group,
      sessionTimeoutMs: 60_000,
      link: kafka.newLink(),
      describe: () => ({ topics: [], owned: {}, seeks: [] }),
      onAssignment: () => Promise.resolve(),
      onLost: noop,
      onHeartbeat: noop,
      onError: noop,
    });
    member.start();
    await eventually(async () => expect(await members(group)).toHaveLength(2));
    await member.leave(link);
    expect(await members(group)).toEqual([slow.memberId]);
  });
});

describe('a member whose group is a generation ahead', () => {
  it('joins again and goes on with the batches that it has in hand', async () => {
    const probe = await Probe.open(kafka.harness());
    try {
      const group = `${probe.config.KAFKA_PREFIX}reader`;
      const outcomes: string[] = [];
      const gate = Promise.withResolvers<void>();
      const consumer = probe.driver.consumer({
        group: 'reader',
        topics: [TOPIC],
        sessionTimeoutMs: 30_000,
        partitionsAtOnce: 1,
        maxBatch: 10,
        onBatch: async batch => {
          outcomes.push(`begins ${batch.records[0]!.offset}`);
          await gate.promise;
          await batch.commit(batch.records.at(-1)!.offset + 1);
          outcomes.push('committed');
        },
        onAssignment: noop,
        onPaused: noop,
        onError: noop,
      });
      await probe.publish([{ subject: 's', seq: 0 }]);
      await consumer.start();
      await eventually(() => expect(outcomes).toEqual(['begins 0']));
      // As if the answer of a join had been lost: the coordinator has it in the next generation, and it does not know.
      const [memberId] = (await members(group)) as [string];
      const metadata = encodeSubscription({ topics: [], owned: {}, generation: -1, seeks: [] });
      const { generationId } = await kafka.newLink().coordinated(group, broker =>
        broker.joinGroup({
          groupId: group,
          sessionTimeout: 30_000,
          rebalanceTimeout: 30_000,
          memberId,
          groupProtocols: [{ name: PROTOCOL, metadata }],
        }),
      );
      const standing = { memberId, generation: generationId };
      const place = { topic: probe.config.KAFKA_PREFIX + TOPIC, partition: 11, offset: 0, mark: '' };
      const link = kafka.newLink();
      // Until the member is in a generation after that.
      await eventually(async () =>
        expect(await commitOffsets(link, group, standing, [place])).toBe('ILLEGAL_GENERATION'),
      );
      gate.resolve();
      await eventually(() => expect(outcomes).toEqual(['begins 0', 'committed']));
      expect(await members(group)).toEqual([memberId]);
      await consumer.stop();
    } finally {
      await probe.close();
    }
  });
});

describe('a member that the group expels', () => {
  it('neither begins nor commits anything more of a partition that it was letting go', async () => {
    const probe = await Probe.open(kafka.harness());
    const group = `${probe.config.KAFKA_PREFIX}bus-probe`;
    const link = kafka.newLink();
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
      const memberIds = () => members(group);
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
      await probe.close();
    }
  });
});
