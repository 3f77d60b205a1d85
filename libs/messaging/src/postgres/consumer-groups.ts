import { PARTITIONS } from '@countersign/contracts';
import { BUS_DATABASE } from '@countersign/persistence';
import type { PartitionLag, PartitionOffset, RelaySession, SeekTarget } from '../port/bus-driver.js';
import { partitionName } from '../partition/held-partition.js';
import { assignPartitions, type Assignable } from './assign-partitions.js';

const { schema } = BUS_DATABASE;

/** Channel on which the members of a group learn that one came or went, or that it was set back; the payload is the group. */
export const GROUP_CHANNEL = 'bus_group';

export interface Claim {
  topic: string;
  part: number;
  epoch: string;
  off: string;
}

/** A place that a partition, as a member has claimed it, is to have. */
export interface Commit extends Assignable {
  epoch: string;
  offset: number;
}

/** The first offset that the log still has. */
const FIRST = `coalesce(
  (select min(l.off) from ${schema}.bus_log l where l.topic = p.topic and l.part = p.part),
  (select h.next_off from ${schema}.bus_head h where h.topic = p.topic and h.part = p.part), 0)`;
const END = `coalesce((select h.next_off from ${schema}.bus_head h where h.topic = p.topic and h.part = p.part), 0)`;

/**
 * Membership and cursors of consumer groups. A member lives while its lease does; a partition's owner is whoever its cursor
 * names, and each change of owner or place raises the cursor's epoch, so that a commit of whoever had it before fails.
 */
export class ConsumerGroups {
  constructor(
    private readonly session: Pick<RelaySession, 'query'>,
    private readonly group: string,
  ) {}

  /** Makes the cursors of topics that are new to the group; it begins with the oldest record that is retained. */
  async subscribe(topics: readonly string[]): Promise<void> {
    await this.session.query(
      `insert into ${schema}.bus_cursor (grp, topic, part, off)
       select $1, p.topic, p.part, ${FIRST}
       from (select t as topic, n as part from unnest($2::text[]) t, generate_series(0, $3::int - 1) n) p
       on conflict do nothing`,
      [this.group, topics, PARTITIONS],
    );
  }

  /** Renews the member's lease and drops members whose lease is over. */
  async beat(member: string, topics: readonly string[], leaseMs: number): Promise<void> {
    await this.session.query(
      `with expired as (delete from ${schema}.bus_member where grp = $1 and member <> $2 and lease < clock_timestamp())
       insert into ${schema}.bus_member (grp, member, topics, lease)
       values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
       on conflict (grp, member) do update set topics = excluded.topics, lease = excluded.lease`,
      [this.group, member, topics, leaseMs],
    );
  }

  /** The partitions that the member is to have, as every living member works them out from the same rows. */
  async target(member: string): Promise<Assignable[]> {
    const members = await this.session.query<{ member: string; topics: string[] }>(
      `select member, topics from ${schema}.bus_member where grp = $1 and lease > clock_timestamp() order by member`,
      [this.group],
    );
    return assignPartitions(members, member);
  }

  async owned(member: string): Promise<Claim[]> {
    return this.session.query<Claim>(
      `select topic, part, epoch, off from ${schema}.bus_cursor where grp = $1 and owner = $2`,
      [this.group, member],
    );
  }

  /** Takes those of the partitions that nobody alive has; one that another member claims at the moment is left to it. */
  async claim(member: string, wanted: readonly Assignable[]): Promise<Claim[]> {
    return this.session.query<Claim>(
      `with free as (
         select c.topic, c.part from ${schema}.bus_cursor c
         join unnest($3::text[], $4::int[]) as w (topic, part) on w.topic = c.topic and w.part = c.part
         where c.grp = $1 and (c.owner is null or not exists (
           select from ${schema}.bus_member m where m.grp = c.grp and m.member = c.owner and m.lease > clock_timestamp()))
         for update of c skip locked
       )
       update ${schema}.bus_cursor c set owner = $2, epoch = c.epoch + 1
       from free where c.grp = $1 and c.topic = free.topic and c.part = free.part
       returning c.topic, c.part, c.epoch, c.off`,
      [this.group, member, wanted.map(({ topic }) => topic), wanted.map(({ part }) => part)],
    );
  }

  async release(member: string, topic: string, part: number, epoch: string): Promise<void> {
    await this.session.query(
      `update ${schema}.bus_cursor set owner = null where grp = $1 and topic = $2 and part = $3 and owner = $4 and epoch = $5`,
      [this.group, topic, part, member, epoch],
    );
  }

  /**
   * Sets the cursors of those of the partitions, each at most once, that the member still has in that epoch; in their order,
   * as two members that believe to have the same ones must not deadlock. @returns for each whether it was set
   */
  async commit(member: string, commits: readonly Commit[]): Promise<boolean[]> {
    const rows = await this.session.query<Assignable>(
      `with mine as (
         select c.topic, c.part, w.off from ${schema}.bus_cursor c
         join unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[]) as w (topic, part, epoch, off)
           on w.topic = c.topic and w.part = c.part
         where c.grp = $1 and c.owner = $2 and c.epoch = w.epoch order by c.topic, c.part for update of c
       )
       update ${schema}.bus_cursor c set off = mine.off
       from mine where c.grp = $1 and c.topic = mine.topic and c.part = mine.part returning c.topic, c.part`,
      [
        this.group,
        member,
        commits.map(({ topic }) => topic),
        commits.map(({ part }) => part),
        commits.map(({ epoch }) => epoch),
        commits.map(({ offset }) => offset),
      ],
    );
    const set = new Set(rows.map(({ topic, part }) => partitionName(topic, part)));
    return commits.map(({ topic, part }) => set.has(partitionName(topic, part)));
  }

  async leave(member: string): Promise<void> {
    await this.session.query(
      `with freed as (update ${schema}.bus_cursor set owner = null where grp = $1 and owner = $2)
       delete from ${schema}.bus_member where grp = $1 and member = $2`,
      [this.group, member],
    );
    await this.announce();
  }

  /** Lets the other members look at once instead of at their next heartbeat. */
  async announce(): Promise<void> {
    await this.session.query(`select pg_notify('${GROUP_CHANNEL}', $1)`, [this.group]);
  }

  async seek(topic: string, to: SeekTarget): Promise<PartitionOffset[]> {
    await this.subscribe([topic]);
    const { sql, parameter } = place(to);
    const rows = await this.session.query<{ partition: number; off: string }>(
      `update ${schema}.bus_cursor p set off = least(greatest(${sql}, ${FIRST}), ${END}), owner = null, epoch = p.epoch + 1
       where p.grp = $1 and p.topic = $2 and ($4::int is null or p.part = $4) and $3::text is not distinct from $3::text
       returning p.part as partition, p.off`,
      [this.group, topic, parameter, typeof to === 'object' && 'partition' in to ? (to.partition ?? null) : null],
    );
    await this.announce();
    return rows
      .map(row => ({ partition: row.partition, offset: Number(row.off) }))
      .sort((a, b) => a.partition - b.partition);
  }

  async lag(): Promise<PartitionLag[]> {
    const rows = await this.session.query<{ topic: string; part: number; off: string; next: string; seconds: string }>(
      `select p.topic, p.part, p.off, greatest(${END}, p.off) as next,
         coalesce((select extract(epoch from clock_timestamp() - l.at) from ${schema}.bus_log l
           where l.topic = p.topic and l.part = p.part and l.off >= p.off order by l.off limit 1), 0) as seconds
       from ${schema}.bus_cursor p where p.grp = $1 order by p.topic, p.part`,
      [this.group],
    );
    return rows.map(row => ({
      topic: row.topic,
      partition: row.part,
      committed: Number(row.off),
      end: Number(row.next),
      events: Number(row.next) - Number(row.off),
      seconds: Math.max(0, Number(row.seconds)),
    }));
  }
}

/** SQL of the place in partition p; `$3` is its parameter, as text. */
function place(to: SeekTarget): { sql: string; parameter: string | null } {
  if (to === 'beginning') return { sql: '0', parameter: null };
  if (to === 'end') return { sql: END, parameter: null };
  if ('offset' in to) return { sql: '$3::text::bigint', parameter: String(to.offset) };
  const sql = `coalesce((select min(l.off) from ${schema}.bus_log l
    where l.topic = p.topic and l.part = p.part and l.at >= $3::text::timestamptz), ${END})`;
  return { sql, parameter: to.time.toISOString() };
}
