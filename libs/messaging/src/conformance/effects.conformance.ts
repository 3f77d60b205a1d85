import type { EventEnvelope } from '@countersign/contracts';
import { currentContext, tenantId, traceIdOf, type RequestContext } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Probe, probeData, ProbeEvent, seqOf, subjectsIn, TENANT, type BusHarness } from '../../test/support/probe.js';
import type { TenantTransaction, Transaction } from '@countersign/persistence';

const RECORD = `insert into arrival (tenant_id, subject, seq, handler, event_id, member) values ($1, $2, $3, $4, $5, 'suite')`;
const record = (tx: Transaction, handler: string, event: EventEnvelope) =>
  tx.query(RECORD, [event.tenantId, event.subject, seqOf(event), handler, event.id]);

export function describeEffects(harness: () => BusHarness): void {
  describe('effects', () => {
    it('happen exactly once for each of two handlers of one event, over failures and redeliveries', async () => {
      const probe = await Probe.open(harness());
      try {
        let calls = 0;
        const failedOnce = new Set<string>();
        const service = await probe.service(({ inbox }) => [
          {
            type: ProbeEvent.type,
            handler: 'first',
            one: event => inbox.once('first', event, async tx => void (await record(tx, 'first', event))),
          },
          {
            type: ProbeEvent.type,
            handler: 'second',
            one: async event => {
              calls++;
              await inbox.once('second', event, async tx => {
                await record(tx, 'second', event);
                // Fails after its effect was written: the transaction takes it back.
                if (seqOf(event) % 7 === 0 && !failedOnce.has(event.id)) {
                  failedOnce.add(event.id);
                  throw new Error('the first try fails');
                }
              });
            },
          },
        ]);
        await probe.publish(
          Array.from({ length: 200 }, (_, n) => ({ subject: `s${n % 10}`, seq: Math.floor(n / 10) })),
        );
        const count = async (handler: string) =>
          (
            await probe.database.admin.query(
              `select count(*)::int as n, count(distinct event_id)::int as d from bus_probe.arrival where handler = $1`,
              [handler],
            )
          ).rows[0];
        await eventually(async () => {
          expect(await count('first')).toEqual({ n: 200, d: 200 });
          expect(await count('second')).toEqual({ n: 200, d: 200 });
        });
        const before = calls;
        await service.messaging.operations.seek({ topic: ProbeEvent.topic, to: 'beginning' });
        await eventually(() => expect(calls).toBeGreaterThanOrEqual(before + 200));
        expect(await count('first')).toEqual({ n: 200, d: 200 });
        expect(await count('second')).toEqual({ n: 200, d: 200 });
        expect(failedOnce.size).toBe(30);
        // An operator may ask for them again.
        await service.messaging.operations.seek({ topic: ProbeEvent.topic, to: 'beginning', again: true });
        await eventually(async () => {
          expect(await count('first')).toEqual({ n: 400, d: 200 });
          expect(await count('second')).toEqual({ n: 400, d: 200 });
        });
      } finally {
        await probe.close();
      }
    });

    it('of a batch happen exactly once, and only the event that cannot be taken is dead-lettered', async () => {
      const probe = await Probe.open(harness());
      try {
        const tenants = ['acme', 'globex'].map(tenantId);
        let bad = true;
        const service = await probe.service(({ inbox }) => [
          {
            type: ProbeEvent.type,
            handler: 'many',
            many: events =>
              inbox.onceBatch('many', events, async (tx, fresh) => {
                for (const event of fresh) {
                  await record(tx, 'many', event);
                  if (bad && event.subject === 's4' && seqOf(event) === 3) throw new Error('cannot take this one');
                }
              }),
          },
        ]);
        await probe.publish(
          Array.from({ length: 100 }, (_, n) => ({
            subject: `s${n % 10}`,
            seq: Math.floor(n / 10),
            tenant: tenants[n % 2]!,
          })),
        );
        const rows = async () =>
          (
            await probe.database.admin.query(
              `select count(*)::int as n, count(distinct event_id)::int as d from bus_probe.arrival`,
            )
          ).rows[0];
        await eventually(async () => expect(await rows()).toEqual({ n: 99, d: 99 }));
        const { items } = await eventually(async () => {
          const page = await service.messaging.operations.listDeadLetters({ limit: 10 });
          return page.items.length > 0 && page;
        });
        expect(items).toMatchObject([{ handler: 'many', subject: 's4', error: 'Error: cannot take this one' }]);
        bad = false;
        await service.messaging.operations.redrive({ handler: 'many' });
        expect(await rows()).toEqual({ n: 100, d: 100 });
      } finally {
        await probe.close();
      }
    });

    it('run in the trace and for the tenant of their event, and what they send names it as its cause', async () => {
      const probe = await Probe.open(harness());
      try {
        const [subject] = subjectsIn(1, 1);
        const got: { event: EventEnvelope; context: RequestContext | undefined }[] = [];
        const service = await probe.service(({ inbox, outbox }) => [
          {
            type: ProbeEvent.type,
            handler: 'answer',
            one: async event => {
              got.push({ event, context: currentContext() });
              if (seqOf(event) > 0) return;
              await inbox.once(
                'answer',
                event,
                async tx => void (await outbox.add(tx, ProbeEvent, event.subject, probeData(1))),
              );
            },
          },
        ]);
        await probe.publish([{ subject: subject!, seq: 0 }]);
        await eventually(() => expect(got).toHaveLength(2));
        const [cause, effect] = got as [(typeof got)[0], (typeof got)[0]];
        for (const { event, context } of got) {
          expect(traceIdOf(context?.traceparent)).toBe(traceIdOf(cause.event.traceparent));
          expect(context?.traceparent).not.toBe(event.traceparent);
          expect(context).toMatchObject({
            tenantId: TENANT,
            causationId: event.id,
            correlationId: cause.event.id,
            actor: { id: 'suite' },
          });
        }
        expect(effect.event).toMatchObject({
          causationId: cause.event.id,
          correlationId: cause.event.id,
          source: 'bus-probe',
          actor: { id: 'suite' },
        });
        expect(service.log).not.toContainEqual(expect.stringContaining('error'));
      } finally {
        await probe.close();
      }
    });

    it('are shown in the metrics', async () => {
      const probe = await Probe.open(harness());
      try {
        const tries = new Map<string, number>();
        const persistence = await probe.persistence();
        const service = await probe.service([
          {
            type: ProbeEvent.type,
            handler: 'probe',
            one: event => {
              tries.set(event.id, (tries.get(event.id) ?? 0) + 1);
              if (seqOf(event) === 0 && tries.get(event.id) === 1) throw new Error('once');
              if (seqOf(event) === 1) throw new Error('always');
            },
          },
        ]);
        await persistence.uow.run(TENANT, async (tx: TenantTransaction) => {
          for (let seq = 0; seq < 3; seq++) await service.messaging.outbox.add(tx, ProbeEvent, 's1', probeData(seq));
        });
        await eventually(async () => expect(await value(service.metrics, 'messaging_dead_letters_total')).toBe(1));
        await eventually(async () => expect(await value(service.metrics, 'messaging_consumer_lag_events')).toBe(0));
        const expected = {
          retries_total: 4,
          relay_leader: 1,
          relayed_total: 3,
          lanes_busy: 0,
          partitions_assigned: 12,
          partitions_paused: 0,
          outbox_depth: 0,
          outbox_age_seconds: 0,
          consumer_lag_seconds: 0,
        };
        for (const [name, total] of Object.entries(expected))
          expect([name, await value(service.metrics, `messaging_${name}`)]).toEqual([name, total]);
        expect(await value(service.metrics, 'messaging_rebalances_total')).toBeGreaterThanOrEqual(1);
        expect(await value(service.metrics, 'messaging_heartbeat_age_seconds')).toBeLessThan(30);
      } finally {
        await probe.close();
      }
    });
  });
}

async function value(
  metrics: { getMetricsAsJSON(): Promise<{ name: string; values: { value: number }[] }[]> },
  name: string,
): Promise<number> {
  const metric = (await metrics.getMetricsAsJSON()).find(candidate => candidate.name === name);
  return (metric?.values ?? []).reduce((sum, entry) => sum + entry.value, 0);
}
