import type { HookOutcome, User } from '@countersign/contracts';
import { DomainError, tenantId } from '@countersign/kernel';
import type { TenantTransaction, UnitOfWork } from '@countersign/persistence';
import { describe, expect, it } from 'vitest';
import { HookChain } from '../hooks/hook-chain.js';
import type { HookClient } from '../hooks/hook-client.js';
import { InFlightLimit } from '../hooks/in-flight-limit.js';
import { ChangeUser, type ChangeUserCommand } from './change-user.js';
import type { UserCommit } from './commit-change.js';
import { changeUser, moveUser, newUser } from './user-state.js';

const acme = tenantId('acme');
const anna = newUser('usr_1', 'anna', { firstName: 'A', lastName: 'L', roles: ['USER', 'AUDITOR'] }, new Date(0));

/** In-memory parts; the commit succeeds on the version that was read, after `conflicts` changes by others. */
class World {
  readonly steps: string[] = [];
  user: User = anna;
  conflicts: (() => void)[] = [];

  constructor(private readonly answers: Record<string, HookOutcome> = {}) {}

  private note(step: string): Promise<void> {
    this.steps.push(step);
    return Promise.resolve();
  }

  readonly uow = {
    run: (id: string, work: (tx: TenantTransaction) => unknown) =>
      Promise.resolve(work({ tenantId: id } as TenantTransaction)),
  };
  readonly reserveValues = {
    begin: (id: string, userId: string, dryRun: boolean) => ({ tenantId: id, userId, token: 't', dryRun }),
    execute: () => this.note('check').then(() => ({ catalogVersion: 1, needed: [], dropped: [] })),
    release: () => this.note('release'),
  };
  readonly hooks = {
    ask: (_: string, { hook }: { hook: string }) =>
      this.note(`ask ${hook}`).then(() => ({ outcome: this.answers[hook] ?? { outcome: 'unchanged' }, untaken: [] })),
    announce: (_: string, { hook }: { hook: string }) => this.note(`announce ${hook}`),
    reportVerdict: () => Promise.resolve(),
  };
  readonly questions = { hash: () => Promise.resolve({ pet: 'hash' }) };
  readonly users = { find: () => Promise.resolve(this.user) };
  readonly commitChange = {
    assertAdminRemains: () => Promise.resolve(),
    keepQuestions: () => this.note('keep questions').then(() => this.user),
    execute: async ({ before, candidate, rebase }: UserCommit) => {
      this.conflicts.shift()?.();
      if (before.version !== this.user.version && !rebase) return void (await this.note('conflict'));
      await this.note('commit');
      this.user = { ...(rebase ? rebase(this.user) : candidate), version: this.user.version + 1 };
      return this.user;
    },
  };

  /** Somebody else changes the user right before the next commit. */
  meanwhile(changes: Partial<User>): void {
    this.conflicts.push(() => (this.user = { ...this.user, ...changes, version: this.user.version + 1 }));
  }

  change(command: Partial<ChangeUserCommand>): Promise<User> {
    const useCase = new ChangeUser(
      this.uow as unknown as UnitOfWork,
      this.reserveValues as never,
      new HookChain(this.hooks as unknown as HookClient),
      new InFlightLimit(5, 1000),
      this.questions as never,
      this.users as never,
      this.commitChange as never,
    );
    return useCase.execute({ tenantId: acme, userId: anna.id, change: user => user, dryRun: false, ...command });
  }
}

const toPeru = (user: User) => changeUser(user, { country: 'Peru' });
const ASKED = ['check', 'ask validateUpdateUser', 'ask preUpdateUser'];

describe('ChangeUser', () => {
  it('goes through the steps in their order', async () => {
    const world = new World();
    expect(await world.change({ change: toPeru })).toMatchObject({ country: 'Peru', version: 2 });
    expect(world.steps).toEqual([...ASKED, 'announce preUpdateUser', 'commit']);
  });

  it('does nothing where nothing changes, but keeps new security questions', async () => {
    const world = new World();
    await world.change({});
    expect(world.steps).toEqual([]);
    await world.change({ securityQuestion: { pet: 'Rex' } });
    expect(world.steps).toEqual(['keep questions']);
  });

  it('commits nothing where the tenant takes the change back', async () => {
    const world = new World({
      validateUpdateUser: { outcome: 'changed', deliveryId: 'dlv_1', decides: true, changes: { country: null } },
    });
    expect(await world.change({ change: toPeru })).toEqual(anna);
    expect(world.steps).not.toContain('commit');
    expect(world.steps).not.toContain('announce preUpdateUser');
  });

  it('reads again after a conflict, and uses the answers to the same change again', async () => {
    const world = new World({
      validateUpdateUser: { outcome: 'changed', deliveryId: 'dlv_1', decides: true, changes: { userType: 'Guest' } },
    });
    world.meanwhile({ email: 'new@example.com' });
    expect(await world.change({ change: toPeru })).toMatchObject({
      country: 'Peru',
      userType: 'Guest',
      email: 'new@example.com',
      version: 3,
    });
    expect(world.steps.filter(step => step.startsWith('ask'))).toEqual(['ask validateUpdateUser', 'ask preUpdateUser']);
    expect(world.steps.filter(step => step.startsWith('announce')).length).toBe(1);
  });

  it('asks again about what became another change, and gives up after the third conflict', async () => {
    const world = new World();
    for (const country of ['Chad', 'Fiji', 'Mali']) world.meanwhile({ country });
    await expect(world.change({ change: toPeru })).rejects.toMatchObject({
      code: 'concurrent_change',
      kind: 'conflict',
    });
    expect(world.steps.filter(step => step === 'ask validateUpdateUser').length).toBe(3);
    expect(world.steps.at(-1)).toBe('release');
  });

  it('never asks about shutting an account, and does not lose it to another change', async () => {
    const world = new World({ validateUpdateUser: { outcome: 'refused', deliveryId: 'dlv_1', message: 'never' } });
    world.meanwhile({ email: 'new@example.com' });
    expect(await world.change({ change: user => moveUser(user, 'disabled') })).toMatchObject({
      status: 'disabled',
      email: 'new@example.com',
    });
    expect(world.steps).toEqual(['check', 'announce preUpdateUser', 'commit']);
  });

  it('refuses a stale If-Match before anything, and keeps nothing on a dry run', async () => {
    const world = new World();
    await expect(world.change({ change: toPeru, ifMatch: '"9"' })).rejects.toMatchObject({
      code: 'stale_version',
      kind: 'stale',
    });
    expect(world.steps).toEqual([]);
    expect(await world.change({ change: toPeru, dryRun: true })).toMatchObject({ country: 'Peru', version: 1 });
    expect(world.steps).toEqual(ASKED);
  });

  it('gives up the reservation when it fails', async () => {
    const world = new World({ validateUpdateUser: { outcome: 'refused', deliveryId: 'dlv_1', message: 'no' } });
    await expect(world.change({ change: toPeru })).rejects.toBeInstanceOf(DomainError);
    expect(world.steps.at(-1)).toBe('release');
  });
});
