import type { AskHook, HookAnswer, HookOutcome, User } from '@countersign/contracts';
import { DomainError, invalidField, tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { newUser } from '../users/user-state.js';
import { CHAIN_BUDGET_MS, HookChain } from './hook-chain.js';
import type { HookClient } from './hook-client.js';

const acme = tenantId('acme');
const user = newUser('usr_1', 'anna', { firstName: 'A', lastName: 'L' }, new Date(0));

class FakeHooks {
  readonly asked: AskHook[] = [];
  readonly announced: string[] = [];
  readonly verdicts: unknown[] = [];
  constructor(
    private readonly answers: Record<string, HookOutcome | Error> = {},
    private readonly untaken: string[] = [],
  ) {}

  ask(_: string, question: AskHook): Promise<HookAnswer> {
    this.asked.push(question);
    const outcome = this.answers[question.hook] ?? { outcome: 'unchanged' };
    const untaken = this.untaken.filter(hook => question.later?.includes(hook));
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve({ outcome, untaken });
  }
  announce(_: string, { hook }: { hook: string }): Promise<void> {
    this.announced.push(hook);
    const answer = this.answers[hook];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve();
  }
  reportVerdict(_: string, deliveryId: string, verdict: object): Promise<void> {
    this.verdicts.push({ deliveryId, ...verdict });
    return Promise.reject(new Error('the log is away'));
  }
}

function consult(
  hooks: FakeHooks,
  apply = (candidate: User, changes: object) => Promise.resolve({ ...candidate, ...changes }),
) {
  const chain = new HookChain(hooks as unknown as HookClient);
  return chain.consult({
    tenantId: acme,
    hooks: ['validateUser', 'preCreateUser'],
    candidate: user,
    exists: false,
    dryRun: true,
    apply,
  });
}
const changed = (changes: Record<string, unknown>, decides: boolean): HookOutcome => ({
  outcome: 'changed',
  deliveryId: 'dlv_1',
  decides,
  changes,
});

describe('HookChain', () => {
  it('asks one hook after the other, each with what the one before made of the user, under one budget', async () => {
    const hooks = new FakeHooks({
      validateUser: changed({ country: 'Peru' }, true),
      preCreateUser: changed({ userType: 'Guest' }, false),
    });
    const { candidate, taken } = await consult(hooks);
    expect(candidate).toMatchObject({ country: 'Peru', userType: 'Guest' });
    expect(taken).toEqual([{ country: 'Peru' }, { userType: 'Guest' }]);
    expect(hooks.asked.map(({ hook, request, dryRun }) => [hook, request.user.country, dryRun])).toEqual([
      ['validateUser', undefined, true],
      ['preCreateUser', 'Peru', true],
    ]);
    expect(hooks.asked.every(({ budgetMs }) => budgetMs > 0 && budgetMs <= CHAIN_BUDGET_MS)).toBe(true);
    expect('id' in hooks.asked[0]!.request.user).toBe(false);
  });

  it('does not ask a hook of which the answer to an earlier one says that nobody takes it', async () => {
    const hooks = new FakeHooks({ validateUser: changed({ country: 'Peru' }, true) }, ['preCreateUser']);
    const { candidate, untaken } = await consult(hooks);
    expect(candidate).toMatchObject({ country: 'Peru' });
    expect(untaken).toEqual(['preCreateUser']);
    expect(hooks.asked.map(({ hook, later }) => [hook, later])).toEqual([['validateUser', ['preCreateUser']]]);
  });

  it('stops at a refusal', async () => {
    const hooks = new FakeHooks({ validateUser: { outcome: 'refused', deliveryId: 'dlv_1', message: 'no' } });
    await expect(consult(hooks)).rejects.toMatchObject({
      code: 'hook_refused',
      kind: 'invalid',
      message: 'no',
      extra: { hook: 'validateUser' },
    });
    expect(hooks.asked.length).toBe(1);
  });

  it.each([
    ['deny', false],
    ['allow', true],
    ['allow_and_recheck', true],
  ] as const)('follows the failure policy %s', async (policy, goesOn) => {
    const hooks = new FakeHooks({
      validateUser: { outcome: 'unanswered', deliveryId: 'dlv_1', policy, reason: 'timed out' },
    });
    if (goesOn) expect((await consult(hooks)).candidate).toEqual(user);
    else
      await expect(consult(hooks)).rejects.toMatchObject({
        code: 'hook_unavailable',
        kind: 'unavailable',
        extra: { hook: 'validateUser' },
      });
  });

  it('is closed when the dispatcher cannot be asked', async () => {
    await expect(consult(new FakeHooks({ validateUser: new Error('refused') }))).rejects.toMatchObject({
      code: 'hook_unavailable',
    });
  });

  it('reports an answer that cannot be taken; a deciding one is refused, an enriching one ignored', async () => {
    const apply = () => Promise.reject(invalidField('/email', 'invalid', 'no address'));
    const deciding = new FakeHooks({ validateUser: changed({ email: 'x' }, true) });
    await expect(consult(deciding, apply)).rejects.toMatchObject({
      code: 'hook_answer_invalid',
      errors: [{ pointer: '/email' }],
      extra: { hook: 'validateUser' },
    });
    const enriching = new FakeHooks({ preCreateUser: changed({ email: 'x' }, false) });
    expect((await consult(enriching, apply)).taken).toEqual([]);
    expect([...deciding.verdicts, ...enriching.verdicts]).toMatchObject([
      { pointer: '/email' },
      { deliveryId: 'dlv_1', verdict: 'answer_invalid' },
    ]);
  });

  it('does not take a failure of the database for a wrong answer', async () => {
    const down = new DomainError('unavailable', 'unavailable', 'the database is away');
    await expect(consult(new FakeHooks({ validateUser: changed({}, true) }), () => Promise.reject(down))).rejects.toBe(
      down,
    );
  });

  it('lets a change that must not fail go on when it cannot be announced', async () => {
    const hooks = new FakeHooks({ preUpdateUser: new Error('away') });
    const chain = new HookChain(hooks as unknown as HookClient);
    await chain.announce(acme, 'preUpdateUser', user, true, false);
    await expect(chain.announce(acme, 'preUpdateUser', user, true, true)).rejects.toMatchObject({
      code: 'hook_unavailable',
    });
  });
});
