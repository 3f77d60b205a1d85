import { describe, expect, it } from 'vitest';
import { Scheduler, type Gate, type Schedulable, type SchedulerOptions } from './scheduler.js';

interface Job extends Schedulable {
  name: string;
}

let serial = 0;
const job = (tenantId: string, more: Partial<Job> = {}): Job => ({
  tenantId,
  endpointId: `ep_${tenantId}`,
  cost: 1,
  late: false,
  name: String(++serial),
  ...more,
});
const wide: SchedulerOptions = {
  slots: 1000,
  tenantSlots: 1000,
  lateSlots: 1000,
  capacity: 100_000,
  endpointCapacity: 100_000,
};
const make = (options: Partial<SchedulerOptions> = {}, gate: Gate = () => true) =>
  new Scheduler<Job>({ ...wide, ...options }, gate);
const take = (scheduler: Scheduler<Job>, count: number) =>
  Array.from({ length: count }, () => scheduler.next(0)).filter(found => found !== undefined);
const drainAll = (scheduler: Scheduler<Job>) => {
  const out: Job[] = [];
  for (let next = scheduler.next(0); next; next = scheduler.next(0)) {
    out.push(next);
    scheduler.done(next);
  }
  return out;
};

describe('Scheduler', () => {
  it('is fair: a tenant with a thousand jobs does not hold up one with a few', () => {
    const scheduler = make();
    for (let i = 0; i < 1_000; i++) scheduler.add(job('big'));
    for (let i = 0; i < 5; i++) scheduler.add(job('small'));
    const first = take(scheduler, 20).map(({ tenantId }) => tenantId);
    expect(first.filter(tenant => tenant === 'small')).toHaveLength(5);
    expect(drainAll(scheduler)).toHaveLength(985);
  });

  it('fetches for an endpoint once half of its place is free', () => {
    const scheduler = make({ capacity: 8, endpointCapacity: 4 });
    for (let i = 0; i < 3; i++) scheduler.add(job('t'));
    expect([scheduler.room('ep_t'), scheduler.refill('ep_t')]).toEqual([1, 0]);
    scheduler.done(scheduler.next(0)!);
    expect(scheduler.refill('ep_t')).toBe(2);
    for (const tenant of ['u', 'v']) for (let i = 0; i < 3; i++) scheduler.add(job(tenant));
    expect(scheduler.refill('ep_new')).toBe(0);
  });

  it('counts size: large bodies take more of a tenant’s turn', () => {
    const scheduler = make();
    for (let i = 0; i < 40; i++) scheduler.add(job('heavy', { cost: 4 }));
    for (let i = 0; i < 40; i++) scheduler.add(job('light'));
    const heavy = take(scheduler, 40).filter(({ tenantId }) => tenantId === 'heavy').length;
    expect(heavy).toBeLessThanOrEqual(10);
    expect(heavy).toBeGreaterThanOrEqual(6);
  });

  it('goes round the endpoints of a tenant', () => {
    const scheduler = make();
    for (let i = 0; i < 100; i++) scheduler.add(job('t', { endpointId: 'ep_a' }));
    for (let i = 0; i < 2; i++) scheduler.add(job('t', { endpointId: 'ep_b' }));
    expect(take(scheduler, 4).filter(({ endpointId }) => endpointId === 'ep_b')).toHaveLength(2);
  });

  it('never exceeds the slots in all, of a tenant, and of repetitions', () => {
    const scheduler = make({ slots: 10, tenantSlots: 6, lateSlots: 2 });
    for (let i = 0; i < 50; i++) scheduler.add(job('a'));
    for (let i = 0; i < 50; i++) scheduler.add(job('b', { late: true }));
    const running = take(scheduler, 100);
    expect(running.filter(({ tenantId }) => tenantId === 'a')).toHaveLength(6);
    expect(running.filter(({ late }) => late)).toHaveLength(2);
    scheduler.done(running.find(({ tenantId }) => tenantId === 'a')!);
    expect(take(scheduler, 100).map(({ tenantId }) => tenantId)).toEqual(['a']);
    scheduler.done(running.find(({ late }) => late)!);
    expect(take(scheduler, 100).map(({ tenantId }) => tenantId)).toEqual(['b']);
  });

  it('does not starve repetitions under a flood of first attempts', () => {
    const scheduler = make();
    for (let i = 0; i < 100; i++) scheduler.add(job('a'));
    for (let i = 0; i < 100; i++) scheduler.add(job('a', { late: true }));
    expect(take(scheduler, 50).filter(({ late }) => late)).toHaveLength(10);
  });

  it('asks the gate of an endpoint, again after something changed, and at the time that it names', () => {
    let verdict: boolean | number = false;
    const scheduler = make({}, () => verdict);
    scheduler.add(job('a'));
    expect(scheduler.next(0)).toBeUndefined();
    verdict = 500;
    expect(scheduler.next(0)).toBeUndefined();
    scheduler.changed('a');
    expect(scheduler.next(0)).toBeUndefined();
    expect(scheduler.wakeAt()).toBe(500);
    verdict = true;
    expect(scheduler.next(499)).toBeUndefined();
    expect(scheduler.next(500)).toMatchObject({ tenantId: 'a' });
    expect(scheduler.wakeAt()).toBeUndefined();
  });

  it('passes the number in flight to the gate', () => {
    const scheduler = make({}, (_, inFlight) => inFlight < 2);
    for (let i = 0; i < 5; i++) scheduler.add(job('a'));
    const running = take(scheduler, 5);
    expect(running).toHaveLength(2);
    scheduler.done(running[0]!);
    expect(take(scheduler, 5)).toHaveLength(1);
  });

  it('runs a lane one after the other, in order, others beside it', () => {
    const scheduler = make();
    const names = ['1', '2', '3'];
    for (const name of names) scheduler.add(job('a', { name, lane: 'ep/usr_1' }));
    scheduler.add(job('a', { name: 'other', lane: 'ep/usr_2' }));
    const [first, other] = take(scheduler, 5);
    expect([first!.name, other!.name]).toEqual(['1', 'other']);
    scheduler.done(first!);
    expect(drainAll(scheduler).map(({ name }) => name)).toEqual(['2', '3']);
  });

  it('lets an announced job wait for nothing and later ones wait for it', () => {
    const scheduler = make({ slots: 1 });
    const before = job('a', { lane: 'l' });
    scheduler.add(before);
    expect(scheduler.next(0)).toBe(before);
    const announced = job('a', { lane: 'l' });
    scheduler.start(announced);
    const later = job('a', { lane: 'l' });
    scheduler.add(later);
    scheduler.done(before);
    expect(scheduler.next(0)).toBeUndefined();
    scheduler.done(announced);
    expect(scheduler.next(0)).toBe(later);
  });

  it('gives back all that waits for an endpoint, and only that', () => {
    const scheduler = make();
    const jobs = [job('a', { lane: 'l' }), job('a', { lane: 'l' }), job('a', { late: true })];
    for (const each of jobs) scheduler.add(each);
    const kept = job('a', { endpointId: 'ep_other' });
    scheduler.add(kept);
    expect(new Set(scheduler.drain('a', 'ep_a'))).toEqual(new Set(jobs));
    expect(scheduler.held).toBe(1);
    expect(drainAll(scheduler)).toEqual([kept]);
    const again = job('a', { lane: 'l' });
    scheduler.add(again);
    expect(scheduler.next(0)).toBe(again);
  });

  it('bounds what is held in memory', () => {
    const scheduler = make({ capacity: 5, endpointCapacity: 3 });
    for (let i = 0; i < 3; i++) scheduler.add(job('a'));
    expect(scheduler.room('ep_a')).toBe(0);
    expect(scheduler.room('ep_b')).toBe(2);
    const running = scheduler.next(0)!;
    expect(scheduler.room('ep_a')).toBe(0);
    scheduler.done(running);
    expect(scheduler.room('ep_a')).toBe(1);
  });
});
