import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { LoginState } from './login-state.js';

export interface LoginTransaction {
  secretSha256: Buffer;
  /** `ltx_…`, for the audit log; the client knows the secret. */
  id: string;
  userId: string;
  state: LoginState;
  /** Version of the credential that was proved: another password since ends the login. */
  credentialVersion: number;
  amr: string[];
  clientIp: string | null;
  userAgent: string | null;
  createdAt: Date;
  expiresAt: Date;
  version: number;
}

const COLUMNS = `secret_sha256 as "secretSha256", id, user_id as "userId", state,
  credential_version as "credentialVersion", amr, client_ip as "clientIp", user_agent as "userAgent",
  created_at as "createdAt", expires_at as "expiresAt", version`;

@Injectable()
export class LoginTransactionRepository {
  async insert(tx: TenantTransaction, login: LoginTransaction): Promise<void> {
    await tx.query(
      `insert into login_transaction (tenant_id, secret_sha256, id, user_id, state, credential_version, amr, client_ip,
                                      user_agent, created_at, expires_at, version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        tx.tenantId,
        login.secretSha256,
        login.id,
        login.userId,
        login.state,
        login.credentialVersion,
        login.amr,
        login.clientIp,
        login.userAgent,
        login.createdAt,
        login.expiresAt,
        login.version,
      ],
    );
  }

  /** A login that is under way, held until the transaction ends; one that is finished or has expired is not found. */
  async holdOpen(tx: TenantTransaction, secretSha256: Buffer, now: Date): Promise<LoginTransaction | undefined> {
    const [row] = await tx.query<LoginTransaction>(
      `select ${COLUMNS} from login_transaction
        where tenant_id = $1 and secret_sha256 = $2 and consumed_at is null and expires_at > $3
          for update`,
      [tx.tenantId, secretSha256, now],
    );
    return row;
  }

  /**
   * Moves a login on: compare-and-set on its version, so of two parallel calls one wins. A login that is DONE is consumed
   * by it and never moves again.
   * @returns the login as it is now; undefined for the call that lost
   */
  async advance(
    tx: TenantTransaction,
    login: LoginTransaction,
    to: Pick<LoginTransaction, 'state' | 'credentialVersion' | 'amr'>,
    now: Date,
  ): Promise<LoginTransaction | undefined> {
    const [row] = await tx.query<LoginTransaction>(
      `update login_transaction
          set state = $4, credential_version = $5, amr = $6, version = version + 1,
              consumed_at = case when $4 = 'DONE' then $7::timestamptz end
        where tenant_id = $1 and secret_sha256 = $2 and version = $3 and consumed_at is null and expires_at > $7
        returning ${COLUMNS}`,
      [tx.tenantId, login.secretSha256, login.version, to.state, to.credentialVersion, to.amr, now],
    );
    return row;
  }

  /** @returns how many were deleted */
  async deleteExpired(tx: TenantTransaction, before: Date, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from login_transaction where tenant_id = $1 and secret_sha256 in
         (select secret_sha256 from login_transaction where tenant_id = $1 and expires_at < $2
           order by expires_at limit $3) returning 1`,
      [tx.tenantId, before, limit],
    );
    return rows.length;
  }
}
