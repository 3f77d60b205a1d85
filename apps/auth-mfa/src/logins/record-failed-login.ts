import { LoginFailed } from '@countersign/contracts';
import { currentContext } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import type { TenantTransaction } from '@countersign/persistence';
import { recordAudit } from '@countersign/platform';
import { Injectable } from '@nestjs/common';

/** Why a login failed; for the tenant's own log, never for the client. */
export type FailureCode = 'unknown_login' | 'no_password' | 'wrong_password' | 'tenant_disabled' | 'user_not_active';

export interface FailedLogin {
  /** As it was typed; of nobody's, only the digest is told: it may be a password, typed into the wrong field. */
  login: string;
  loginMac: Buffer;
  userId: string | null;
  code: FailureCode;
  /** Only a tenant that exists has a log. */
  tenantKnown: boolean;
}

/**
 * Writes event and audit row of a failed login. For a tenant that does not exist the same rows are written and taken back
 * again, so that whether it exists cannot be told from the work either.
 */
@Injectable()
export class RecordFailedLogin {
  constructor(private readonly outbox: Outbox) {}

  async execute(tx: TenantTransaction, { userId, code, tenantKnown, ...typed }: FailedLogin): Promise<void> {
    const context = currentContext();
    const login = userId === null ? `unknown-${typed.loginMac.toString('hex').slice(0, 16)}` : typed.login;
    const subject = userId ?? login;
    const actor = { type: 'user', id: subject } as const;
    await tx.query('savepoint failed_login');
    await this.outbox.add(
      tx,
      LoginFailed,
      subject,
      { userId, login, clientIp: context?.clientIp ?? null, userAgent: context?.userAgent ?? null, code },
      { actor },
    );
    await recordAudit(this.outbox, tx, {
      action: 'login.failed',
      target: { type: 'user', id: subject },
      changes: { reason: { after: code } },
      actor,
    });
    await tx.query(tenantKnown ? 'release savepoint failed_login' : 'rollback to savepoint failed_login');
  }
}
