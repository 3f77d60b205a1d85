import type { UserStatus } from '@countersign/contracts';
import type { TenantId } from '@countersign/kernel';
import type { SystemTransaction, TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { PASSWORD_HISTORY } from './password-policy.js';

export interface Credential {
  userId: string;
  /** null = the user has no password. */
  passwordHash: string | null;
  /** Somebody else set the password: the next login changes it. */
  oneTime: boolean;
  firstLoginAt: Date | null;
  version: number;
}

/** All that a login is decided by, as far as it is known; read by one statement whether there is such a login or not. */
export interface LoginCandidate {
  tenantStatus: 'active' | 'disabled' | null;
  userId: string | null;
  passwordHash: string | null;
  userStatus: UserStatus | null;
}

const CREDENTIAL = `user_id as "userId", password_hash as "passwordHash", one_time as "oneTime",
  first_login_at as "firstLoginAt", version`;

@Injectable()
export class CredentialRepository {
  /**
   * Whom a login means: the youngest credential with it. An older one is of a deleted user, or of a create that failed
   * after its credential was set: nobody can take a login while it is in use.
   */
  async findCandidate(tx: TenantTransaction, loginKey: string): Promise<LoginCandidate> {
    const [row] = await tx.query<LoginCandidate>(
      `select t.status as "tenantStatus", c.user_id as "userId", c.password_hash as "passwordHash",
              u.status as "userStatus"
         from (select 1) one
         left join known_tenant t on t.tenant_id = $1
         left join lateral (
           select user_id, password_hash from credential where tenant_id = $1 and login_key = $2
            order by created_at desc, user_id desc limit 1) c on true
         left join known_user u on u.tenant_id = $1 and u.user_id = c.user_id`,
      [tx.tenantId, loginKey],
    );
    return row!;
  }

  async find(tx: TenantTransaction, userId: string): Promise<Credential | undefined> {
    const [row] = await tx.query<Credential>(
      `select ${CREDENTIAL} from credential where tenant_id = $1 and user_id = $2`,
      [tx.tenantId, userId],
    );
    return row;
  }

  /** The first credential of a user, or another one as long as nobody knows of the user; undefined when it may not be set so. */
  async insert(
    tx: TenantTransaction,
    values: { userId: string; loginKey: string; passwordHash: string | null; oneTime: boolean; now: Date },
  ): Promise<number | undefined> {
    const [row] = await tx.query<{ version: number }>(
      `insert into credential as c
         (tenant_id, user_id, login_key, password_hash, one_time, created_at, changed_at, version)
       values ($1, $2, $3, $4, $5, $6, $6, 1)
       on conflict (tenant_id, user_id) do update set
         login_key = excluded.login_key, password_hash = excluded.password_hash, one_time = excluded.one_time,
         changed_at = excluded.changed_at, version = c.version + 1
       where c.password_hash is null
          or not exists (select from known_user u where u.tenant_id = c.tenant_id and u.user_id = c.user_id)
       returning version`,
      [tx.tenantId, values.userId, values.loginKey, values.passwordHash, values.oneTime, values.now],
    );
    return row?.version;
  }

  /** Another password; undefined when the credential is no longer of that version. */
  async replace(
    tx: TenantTransaction,
    values: { userId: string; passwordHash: string; oneTime: boolean; version: number; now: Date },
  ): Promise<number | undefined> {
    const [row] = await tx.query<{ version: number }>(
      `update credential set password_hash = $3, one_time = $4, changed_at = $5, version = version + 1
        where tenant_id = $1 and user_id = $2 and version = $6 returning version`,
      [tx.tenantId, values.userId, values.passwordHash, values.oneTime, values.now, values.version],
    );
    return row?.version;
  }

  async noteFirstLogin(tx: TenantTransaction, userId: string, now: Date): Promise<void> {
    await tx.query(
      `update credential set first_login_at = $3 where tenant_id = $1 and user_id = $2 and first_login_at is null`,
      [tx.tenantId, userId, now],
    );
  }

  /** Hashes of the passwords that the user had last, the current one among them. */
  async history(tx: TenantTransaction, userId: string): Promise<string[]> {
    const rows = await tx.query<{ hash: string }>(
      `select password_hash as hash from password_history where tenant_id = $1 and user_id = $2
        order by version desc limit ${PASSWORD_HISTORY}`,
      [tx.tenantId, userId],
    );
    return rows.map(row => row.hash);
  }

  /** Remembers a password, and forgets those that no longer count. */
  async remember(
    tx: TenantTransaction,
    values: { userId: string; version: number; passwordHash: string; now: Date },
  ): Promise<void> {
    await tx.query(
      `insert into password_history (tenant_id, user_id, version, password_hash, changed_at) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [tx.tenantId, values.userId, values.version, values.passwordHash, values.now],
    );
    await tx.query(
      `delete from password_history where tenant_id = $1 and user_id = $2 and version not in
         (select version from password_history where tenant_id = $1 and user_id = $2
           order by version desc limit ${PASSWORD_HISTORY})`,
      [tx.tenantId, values.userId],
    );
  }

  /** Everything kept of the user's passwords. @returns whether there was something */
  async delete(tx: TenantTransaction, userId: string): Promise<boolean> {
    await tx.query(`delete from password_history where tenant_id = $1 and user_id = $2`, [tx.tenantId, userId]);
    await this.confirm(tx, [userId]);
    const gone = await tx.query(`delete from credential where tenant_id = $1 and user_id = $2 returning 1`, [
      tx.tenantId,
      userId,
    ]);
    return gone.length > 0;
  }

  /** The user of this credential has yet to be heard of. By the database's clock: a wrong one of ours must make no orphan. */
  async awaitUser(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.query(
      `insert into unconfirmed_credential (tenant_id, user_id, created_at)
       select $1, $2, now() where not exists (select from known_user where tenant_id = $1 and user_id = $2)
       on conflict (tenant_id, user_id) do update set created_at = excluded.created_at`,
      [tx.tenantId, userId],
    );
  }

  /** These users have been heard of. */
  async confirm(tx: TenantTransaction, userIds: readonly string[]): Promise<void> {
    await tx.prepared(`delete from unconfirmed_credential where tenant_id = $1 and user_id = any($2::text[])`, [
      tx.tenantId,
      userIds,
    ]);
  }

  /** Credentials set before a time whose users have not been heard of, the oldest first. */
  unconfirmedFor(
    tx: SystemTransaction,
    seconds: number,
    limit: number,
  ): Promise<{ tenantId: TenantId; userId: string }[]> {
    return tx.query(
      `select tenant_id as "tenantId", user_id as "userId" from unconfirmed_credential where created_at < now() - make_interval(secs => $1)
        order by created_at limit $2`,
      [seconds, limit],
    );
  }
}
