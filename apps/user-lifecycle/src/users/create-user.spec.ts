import type { HookOutcome, User } from '@countersign/contracts';
import { DomainError, tenantId } from '@countersign/kernel';
import type { TenantTransaction, UnitOfWork } from '@countersign/persistence';
import { describe, expect, it } from 'vitest';
import { HookChain } from '../hooks/hook-chain.js';
import type { HookClient } from '../hooks/hook-client.js';
import { InFlightLimit } from '../hooks/in-flight-limit.js';
import { CreateUser } from './create-user.js';
import type { CreateUserBody } from './user.schema.js';

/** In-memory parts that note what is done, and whether a transaction is open meanwhile. */
class World {
  readonly steps: string[] = [];
  stored?: User;
  private open = 0;

  constructor(private readonly answers: Record<string, HookOutcome | Error> = {}) {}

  private note(step: string): void {
    this.steps.push(this.open > 0 ? `${step} (in tx)` : step);
  }

  readonly uow = {
    run: async (tenant: string, work: (tx: TenantTransaction) => Promise<unknown>) => {
      this.open++;
      try {
        return await work({ tenantId: tenant } as unknown as TenantTransaction);
      } finally {
        this.open--;
      }
    },
  };
  readonly reserveValues = {
    begin: (id: string, userId: string, dryRun: boolean) => ({ tenantId: id, userId, token: 't', dryRun }),
    execute: () => (this.note('check and reserve'), Promise.resolve({ catalogVersion: 1, needed: [], dropped: [] })),
    confirm: () => (this.note('confirm'), Promise.resolve()),
    release: () => (this.note('release'), Promise.resolve()),
  };
  readonly hooks = {
    ask: (_: string, { hook }: { hook: string }) => {
      this.note(`ask ${hook}`);
      const outcome = this.answers[hook] ?? { outcome: 'unchanged' };
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve({ outcome, untaken: [] });
    },
    announce: (_: string, { hook }: { hook: string }) => (this.note(`announce ${hook}`), Promise.resolve()),
    reportVerdict: () => (this.note('verdict'), Promise.resolve()),
  };
  readonly credentials = {
    checkPassword: () => {
      this.note('check password');
      const answer = this.answers['password'];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve();
    },
    setFirst: () => {
      this.note('credential');
      const answer = this.answers['credential'];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve();
    },
  };
  readonly questions = { hash: () => Promise.resolve({}), save: () => Promise.resolve() };
  readonly users = {
    insert: (_: unknown, user: User) => ((this.stored = user), this.note('insert'), Promise.resolve()),
  };
  readonly groups = { lockShared: () => Promise.resolve([]) };
  readonly catalogs = { lockShared: () => Promise.resolve({ attributes: [], version: 1 }) };
  readonly facts = { created: () => (this.note('event and audit'), Promise.resolve()) };

  create(fields: Partial<CreateUserBody> = {}, dryRun = false): Promise<User> {
    const useCase = new CreateUser(
      { now: () => new Date('2026-01-01T00:00:00Z') },
      this.uow as unknown as UnitOfWork,
      this.reserveValues as never,
      new HookChain(this.hooks as unknown as HookClient),
      new InFlightLimit(5, 1000),
      this.credentials as never,
      this.questions as never,
      this.users as never,
      this.groups as never,
      this.catalogs as never,
      this.facts as never,
    );
    const body = {
      login: 'anna',
      firstName: 'A',
      lastName: 'L',
      assignedGroups: [],
      attributes: {},
      securityQuestion: {},
      ...fields,
    };
    return useCase.execute({ tenantId: tenantId('acme'), body: body as CreateUserBody, dryRun });
  }
}

describe('CreateUser', () => {
  it('goes through the steps in their order, with no transaction open while anybody is asked', async () => {
    const world = new World();
    const user = await world.create({ password: 'secret' });
    expect(world.steps).toEqual([
      'check password',
      'check and reserve',
      'ask validateUser',
      'ask preCreateUser',
      'announce preCreateUser',
      'credential',
      'confirm (in tx)',
      'insert (in tx)',
      'event and audit (in tx)',
    ]);
    expect(world.stored).toEqual(user);
  });

  it('checks and reserves again what the tenant changed', async () => {
    const world = new World({
      validateUser: { outcome: 'changed', deliveryId: 'dlv_1', decides: true, changes: { email: 'a@b.cd' } },
    });
    expect((await world.create()).email).toBe('a@b.cd');
    expect(world.steps.slice(0, 4)).toEqual([
      'check and reserve',
      'ask validateUser',
      'check and reserve',
      'ask preCreateUser',
    ]);
  });

  it.each([
    ['validateUser', { outcome: 'refused', deliveryId: 'dlv_1', message: 'no' } as const, 'hook_refused'],
    [
      'preCreateUser',
      { outcome: 'unanswered', deliveryId: 'dlv_1', policy: 'deny', reason: 'late' } as const,
      'hook_unavailable',
    ],
    ['credential', new DomainError('password_refused', 'invalid', 'weak'), 'password_refused'],
  ])('gives up the reservation when %s stops it, and keeps nothing', async (step, answer, code) => {
    const world = new World({ [step]: answer });
    await expect(world.create({ password: 'secret' })).rejects.toMatchObject({ code });
    expect(world.steps.at(-1)).toBe('release');
    expect(world.stored).toBeUndefined();
  });

  it('ends a dry run before anything is announced, set or kept', async () => {
    const world = new World();
    await world.create({ password: 'secret' }, true);
    expect(world.steps).toEqual(['check password', 'check and reserve', 'ask validateUser', 'ask preCreateUser']);
  });

  it('asks nobody about a user whose password is refused', async () => {
    const world = new World({ password: new DomainError('password_refused', 'invalid', 'weak') });
    await expect(world.create({ password: 'weak' })).rejects.toMatchObject({ code: 'password_refused' });
    expect(world.steps).toEqual(['check password']);
  });

  it('says that invitations are not there yet, before anything else', async () => {
    const world = new World();
    await expect(async () => world.create({ invite: true })).rejects.toMatchObject({
      code: 'invitations_unavailable',
      kind: 'invalid',
    });
    expect(world.steps).toEqual([]);
  });
});
