import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Probe, ProbeEvent, seqOf, subjectsIn, TOPIC } from '../../test/support/probe.js';
import { useTestKafka } from '../../test/support/test-kafka.js';
import { commitOffsets } from './group-offsets.js';
import {
  COUNTERSIGN_1,
  type Assignment,
  type GroupProtocol,
  type Partitions,
  type Subscription,
} from './group-protocol.js';
import { Membership } from './membership.js';

const noop = () => undefined;
const kafka = useTestKafka();

async function describeGroup(group: string) {
  const { groups } = await kafka.admin.describeGroups([group]);
  return groups[0]!;
}

const members = async (group: string) => (await describeGroup(group)).members.map(({ memberId }) => memberId);

interface TestMember {
  owned: Partitions;
  /** How often the group took all from it. */
  losses: number;
  leave(): Promise<void>;
}

function startMember(group: string, topics: string[], protocols?: readonly GroupProtocol[]): TestMember {
  const member: TestMember = {
    owned: {},
    losses: 0,
    leave: () => membership.leave(kafka.newLink()),
  };
  const membership = new Membership({
    group,
    sessionTimeoutMs: 60_000,
    link: kafka.newLink(),
    protocols,
    describe: () => ({ topics, owned: member.owned, seeks: [] }),
    onAssignment: ({ partitions }) => {
      const lets = topics.some(topic => member.owned[topic]?.some(one => !partitions[topic]?.includes(one)));
      member.owned = partitions;
      if (lets) membership.rejoin();
      return Promise.resolve();
    },
    onLost: () => member.losses++,
    onHeartbeat: noop,
    onError: noop,
  });
  membership.start();
  return member;
}

describe('a member', () => {
  it('leaves at once when it is stopped while its first join waits for others', async () => {
    const group = `${kafka.harness().config.KAFKA_PREFIX}slow`;
    // One that never joins again: the group gives it the time of a rebalance.
    const metadata = COUNTERSIGN_1.encodeSubscription({ topics: [], owned: {}, generation: -1, seeks: [] });
    const request = {
      groupId: group,
      sessionTimeout: 60_000,
      rebalanceTimeout: 60_000,
      memberId: '',
      groupProtocols: [{ name: COUNTERSIGN_1.name, metadata }],
    };
    const link = kafka.newLink();
    // A fresh broker has no coordinator for a moment.
    const slow = await eventually(() => link.coordinated(group, broker => broker.joinGroup(request)));
    const member = startMember(group, []);
    await eventually(async () => expect(await members(group)).toHaveLength(2));
    await member.leave();
    expect(await members(group)).toEqual([slow.memberId]);
  });
});

describe('members of two versions', () => {
  /** A version to come, whose user data the present one cannot read. */
  const next: GroupProtocol = {
    name: 'countersign-2',
    encodeSubscription: ({ topics, ...own }) =>
      AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.from(`2${JSON.stringify(own)}`) }),
    decodeSubscription: bytes => {
      const { topics, userData } = AssignerProtocol.MemberMetadata.decode(bytes)!;
      return { topics, ...(JSON.parse(userData.toString().slice(1)) as Omit<Subscription, 'topics'>) };
    },
    encodeAssignment: assignment => Buffer.from(`2${JSON.stringify(assignment)}`),
    decodeAssignment: bytes => JSON.parse(bytes.toString().slice(1)) as Assignment,
  };
  const counts = (...of: TestMember[]) => of.map(({ owned }) => owned['t']?.length ?? 0);

  it('share the partitions while they are rolled, forward and back, and speak the newer once all can', async () => {
    const group = `${kafka.harness().config.KAFKA_PREFIX}rolled`;
    const [before, after] = [[COUNTERSIGN_1], [next, COUNTERSIGN_1]];
    const spoken = async () => (await describeGroup(group)).protocol;
    const [oldOne, oldTwo] = [startMember(group, ['t'], before), startMember(group, ['t'], before)];
    await eventually(() => expect(counts(oldOne, oldTwo)).toEqual([6, 6]));
    const newOne = startMember(group, ['t'], after);
    await eventually(() => expect(counts(oldOne, oldTwo, newOne)).toEqual([4, 4, 4]));
    await oldOne.leave();
    await eventually(() => expect(counts(oldTwo, newOne)).toEqual([6, 6]));
    expect(await spoken()).toBe('countersign-1');
    const newTwo = startMember(group, ['t'], after);
    await eventually(() => expect(counts(oldTwo, newOne, newTwo)).toEqual([4, 4, 4]));
    await oldTwo.leave();
    await eventually(() => expect(counts(newOne, newTwo)).toEqual([6, 6]));
    expect(await spoken()).toBe('countersign-2');
    const back = startMember(group, ['t'], before);
    await eventually(() => expect(counts(back, newOne, newTwo)).toEqual([4, 4, 4]));
    expect(await spoken()).toBe('countersign-1');
    const all = [oldOne, oldTwo, newOne, newTwo, back];
    expect(all.map(({ losses }) => losses)).toEqual([0, 0, 0, 0, 0]);
    await Promise.all([back, newOne, newTwo].map(member => member.leave()));
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
      const metadata = COUNTERSIGN_1.encodeSubscription({ topics: [], owned: {}, generation: -1, seeks: [] });
      const { generationId } = await kafka.newLink().coordinated(group, broker =>
        broker.joinGroup({
          groupId: group,
          sessionTimeout: 30_000,
          rebalanceTimeout: 30_000,
          memberId,
          groupProtocols: [{ name: COUNTERSIGN_1.name, metadata }],
        }),
      );
      const standing = { memberId, generation: generationId };
      const place = { topic: probe.config.KAFKA_PREFIX + TOPIC, partition: 11, offset: 0, mark: '', log: '' };
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
        const { state, members: present } = await describeGroup(group);
        // A broker never answers the sync of a member that leaves meanwhile.
        for (const { memberId } of present.filter(one => state === 'Stable' && one.memberId !== secondId))
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
