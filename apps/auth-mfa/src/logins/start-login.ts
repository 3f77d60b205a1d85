import { loginKey } from '@countersign/contracts';
import { currentContext, DomainError, isTenantId, newId, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { CLOCK, recordAudit } from '@countersign/platform';
import { Inject, Injectable } from '@nestjs/common';
import { LoginBackOff } from '../back-off/login-back-off.js';
import type { BackOffKey } from '../back-off/login-back-off.repository.js';
import { CredentialRepository, type LoginCandidate } from '../credentials/credential.repository.js';
import { NOBODYS_HASH } from '../credentials/password-hasher.js';
import { PasswordHashing } from '../credentials/password-hashing.js';
import { DirectoryRepository } from '../directory/directory.repository.js';
import { FindUser } from '../directory/find-user.js';
import { NO_TENANT } from '../directory/no-tenant.js';
import { newOpaqueSecret } from '../tokens/opaque-secret.js';
import { AdvanceLogin } from './advance-login.js';
import { LoginTransactionRepository, type LoginTransaction } from './login-transaction.repository.js';
import { LoginMetrics } from './login-metrics.js';
import { invalidCredentials } from './login.errors.js';
import type { LoginStateView } from './login.schema.js';
import { RecordFailedLogin, type FailureCode } from './record-failed-login.js';

/** A login has so long to be finished, in seconds (mfa.md §5.5). */
const LOGIN_SECONDS = 600;

/** A login and password as they were typed. */
export interface TypedLogin {
  tenant: string;
  login: string;
  password: string;
}

/**
 * The first step of a login: the password. Every refusal takes the same way: one look-up, one argon2 verification (of
 * nobody's hash where there is none), one transaction that counts the failure. Which of tenant, login and password was
 * wrong can be told neither from the answer nor from the work.
 */
@Injectable()
export class StartLogin {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly uow: UnitOfWork,
    private readonly hashing: PasswordHashing,
    private readonly backOff: LoginBackOff,
    private readonly credentials: CredentialRepository,
    private readonly directory: DirectoryRepository,
    private readonly findUser: FindUser,
    private readonly logins: LoginTransactionRepository,
    private readonly recordFailedLogin: RecordFailedLogin,
    private readonly outbox: Outbox,
    private readonly advanceLogin: AdvanceLogin,
    private readonly metrics: LoginMetrics,
  ) {}

  /** @throws DomainError 401 `invalid_credentials`, 429 `too_many_attempts`, 503 `overloaded` */
  async execute(typed: TypedLogin): Promise<LoginStateView> {
    try {
      const view = await this.attempt(typed);
      this.metrics.count(view.state === 'DONE' ? 'done' : 'step_due');
      return view;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') this.metrics.count('refused');
      if (error instanceof DomainError && error.kind === 'rate_limited') this.metrics.count('held_up');
      throw error;
    }
  }

  private async attempt(typed: TypedLogin): Promise<LoginStateView> {
    const tenantId = isTenantId(typed.tenant) ? typed.tenant : NO_TENANT;
    const key = await this.backOff.keyOf(typed.tenant, typed.login);
    return this.hashing.admit(async hashing => {
      const candidate = await this.uow.run(tenantId, async tx => {
        await this.backOff.expectOpen(tx, key);
        return this.credentials.findCandidate(tx, loginKey(typed.login));
      });
      const right = await hashing.verify(candidate.passwordHash ?? NOBODYS_HASH, typed.password);
      const failure = await this.whyNot(tenantId, candidate, right);
      if (failure) return this.fail(tenantId, key, { typed, candidate, code: failure });
      return this.proceed(tenantId, key, typed, candidate);
    });
  }

  private async whyNot(
    tenantId: TenantId,
    candidate: LoginCandidate,
    right: boolean,
  ): Promise<FailureCode | undefined> {
    if (candidate.userId === null) return 'unknown_login';
    if (candidate.passwordHash === null) return 'no_password';
    if (!right) return 'wrong_password';
    if (candidate.tenantStatus === 'disabled') return 'tenant_disabled';
    // Only after a correct password is anybody asked about the user.
    const status = candidate.userStatus ?? (await this.findUser.execute(tenantId, candidate.userId))?.status;
    return status === 'active' ? undefined : 'user_not_active';
  }

  private async fail(
    tenantId: TenantId,
    key: BackOffKey,
    failed: { typed: TypedLogin; candidate: LoginCandidate; code: FailureCode },
  ): Promise<never> {
    const wait = await this.uow.run(tenantId, async tx => {
      const seconds = await this.backOff.noteFailure(tx, key);
      await this.recordFailedLogin.execute(tx, {
        login: failed.typed.login,
        loginMac: key.loginMac,
        userId: failed.candidate.userId,
        code: failed.code,
        tenantKnown: failed.candidate.tenantStatus !== null,
      });
      return seconds;
    });
    throw wait > 0 ? this.backOff.tooManyAttempts(wait) : invalidCredentials();
  }

  private async proceed(
    tenantId: TenantId,
    key: BackOffKey,
    typed: TypedLogin,
    candidate: LoginCandidate,
  ): Promise<LoginStateView> {
    const outcome = await this.uow.run(tenantId, async tx => {
      const user = await this.directory.holdUser(tx, candidate.userId!);
      const credential = await this.credentials.find(tx, candidate.userId!);
      const shut = (await this.directory.holdTenantStatus(tx)) === 'disabled';
      // Disabled, or given another password, while this one was verified.
      if (shut || user?.status !== 'active' || credential?.passwordHash !== candidate.passwordHash) return { wait: 0 };
      const wait = await this.backOff.noteSuccess(tx, key);
      if (wait > 0) return { wait };
      const { login, secret } = await this.open(tx, user.userId, credential.version);
      const view = await this.advanceLogin.execute(tx, secret, { login, user, credential });
      if (view.state !== 'DONE') await this.auditStart(tx, login, view.state);
      return { wait: 0, view };
    });
    if (outcome.view) return outcome.view;
    if (outcome.wait > 0) throw this.backOff.tooManyAttempts(outcome.wait);
    return this.fail(tenantId, key, { typed, candidate, code: 'wrong_password' });
  }

  /** A password that was right is in the log, also when whoever gave it goes no further. */
  private auditStart(tx: TenantTransaction, { id, userId }: LoginTransaction, state: string): Promise<void> {
    return recordAudit(this.outbox, tx, {
      action: 'login.started',
      target: { type: 'user', id: userId },
      changes: { transaction: { after: id }, state: { after: state } },
      actor: { type: 'user', id: userId },
    });
  }

  private async open(tx: TenantTransaction, userId: string, credentialVersion: number) {
    const now = this.clock.now();
    const context = currentContext();
    const { value: secret, sha256: secretSha256 } = newOpaqueSecret(tx.tenantId);
    const login: LoginTransaction = {
      secretSha256,
      id: newId('ltx'),
      userId,
      // The state of a login is what it owes; that is decided right after.
      state: 'PASSWORD_CHANGE_DUE',
      credentialVersion,
      amr: ['pwd'],
      clientIp: context?.clientIp ?? null,
      userAgent: context?.userAgent ?? null,
      createdAt: now,
      expiresAt: new Date(now.getTime() + LOGIN_SECONDS * 1000),
      version: 1,
    };
    await this.logins.insert(tx, login);
    return { login, secret };
  }
}
