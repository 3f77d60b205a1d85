import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface Session {
  id: string;
  userId: string;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  authTime: Date;
  amr: string[];
  acr: string;
  firstLogin: boolean;
  clientIp: string | null;
  userAgent: string | null;
  endedAt: Date | null;
}

export interface RefreshToken {
  sessionId: string;
  userId: string;
  expiresAt: Date;
  usedAt: Date | null;
}

export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'ended_by_user'
  | 'password_changed'
  | 'user_disabled'
  | 'user_deleted'
  | 'refresh_token_reused';

const SESSION = `id, user_id as "userId", created_at as "createdAt", last_used_at as "lastUsedAt",
  expires_at as "expiresAt", auth_time as "authTime", amr, acr, first_login as "firstLogin", client_ip as "clientIp",
  user_agent as "userAgent", ended_at as "endedAt"`;

@Injectable()
export class SessionRepository {
  async insert(tx: TenantTransaction, session: Session): Promise<void> {
    await tx.query(
      `insert into session (tenant_id, id, user_id, created_at, last_used_at, expires_at, auth_time, amr, acr,
                            first_login, client_ip, user_agent)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        tx.tenantId,
        session.id,
        session.userId,
        session.createdAt,
        session.lastUsedAt,
        session.expiresAt,
        session.authTime,
        session.amr,
        session.acr,
        session.firstLogin,
        session.clientIp,
        session.userAgent,
      ],
    );
  }

  async insertToken(
    tx: TenantTransaction,
    token: { sha256: Buffer; sessionId: string; issuedAt: Date; expiresAt: Date },
  ): Promise<void> {
    await tx.query(
      `insert into refresh_token (tenant_id, token_sha256, session_id, issued_at, expires_at) values ($1, $2, $3, $4, $5)`,
      [tx.tenantId, token.sha256, token.sessionId, token.issuedAt, token.expiresAt],
    );
  }

  async findToken(tx: TenantTransaction, sha256: Buffer): Promise<RefreshToken | undefined> {
    const [row] = await tx.query<RefreshToken>(
      `select r.session_id as "sessionId", s.user_id as "userId", r.expires_at as "expiresAt", r.used_at as "usedAt"
         from refresh_token r join session s on s.tenant_id = r.tenant_id and s.id = r.session_id
        where r.tenant_id = $1 and r.token_sha256 = $2`,
      [tx.tenantId, sha256],
    );
    return row;
  }

  /** The session, held until the transaction ends: what is read of its tokens afterwards is the last word. */
  async hold(tx: TenantTransaction, id: string): Promise<Session | undefined> {
    const [row] = await tx.query<Session>(
      `select ${SESSION} from session where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row;
  }

  async useToken(tx: TenantTransaction, sha256: Buffer, sessionId: string, now: Date): Promise<void> {
    await tx.query(`update refresh_token set used_at = $3 where tenant_id = $1 and token_sha256 = $2`, [
      tx.tenantId,
      sha256,
      now,
    ]);
    await tx.query(`update session set last_used_at = $3 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      sessionId,
      now,
    ]);
  }

  /** Ends the user's live sessions: all, all but one, or one. @returns the ids of those that ended now */
  async end(
    tx: TenantTransaction,
    which: { userId: string; only?: string; except?: string },
    reason: EndReason,
    now: Date,
  ): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      // In one order, so that two that end the same sessions wait for each other instead of deadlocking.
      `with live as (
         select id from session
          where tenant_id = $1 and user_id = $2 and ($3::text is null or id = $3) and ($4::text is null or id <> $4)
            and ended_at is null and expires_at > $5
          order by id for update)
       update session s set ended_at = $5, end_reason = $6 from live
        where s.tenant_id = $1 and s.id = live.id
        returning s.id`,
      [tx.tenantId, which.userId, which.only ?? null, which.except ?? null, now, reason],
    );
    return rows.map(row => row.id);
  }

  /** The user's live sessions, youngest first, after the given one. */
  listLive(
    tx: TenantTransaction,
    userId: string,
    after: { createdAt: string; id: string } | undefined,
    limit: number,
    now: Date,
  ): Promise<Session[]> {
    return tx.query<Session>(
      `select ${SESSION} from session
        where tenant_id = $1 and user_id = $2 and ended_at is null and expires_at > $3
          and ($4::timestamptz is null or (created_at, id) < ($4, $5))
        order by created_at desc, id desc limit $6`,
      [tx.tenantId, userId, now, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /** Deletes sessions that expired before a time, with their tokens. @returns how many */
  async deleteExpired(tx: TenantTransaction, before: Date, limit: number): Promise<number> {
    const [row] = await tx.query<{ sessions: number }>(
      `with gone as (
         delete from session where tenant_id = $1 and id in
           (select id from session where tenant_id = $1 and expires_at < $2 order by expires_at limit $3) returning id),
       tokens as (
         delete from refresh_token where tenant_id = $1 and session_id in (select id from gone) returning 1)
       select (select count(*) from gone)::int as sessions, (select count(*) from tokens)::int as tokens`,
      [tx.tenantId, before, limit],
    );
    return row!.sessions;
  }
}
