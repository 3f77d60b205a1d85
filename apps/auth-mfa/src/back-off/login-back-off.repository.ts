import type { SystemTransaction, TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { NOTHING_KNOWN, type BackOff } from './back-off.js';

/** One login from one network, both hidden: what was typed as a login may be a password. */
export interface BackOffKey {
  loginMac: Buffer;
  networkMac: Buffer;
}

interface Row {
  networkMac: Buffer;
  failures: number;
  blockedUntil: Date | null;
  windowStartedAt: Date | null;
  lastSuccessAt: Date | null;
}

/** The network of the row that counts for all of them. */
const EVERY_NETWORK = Buffer.alloc(0);

const SELECT = `select network_mac as "networkMac", failures, blocked_until as "blockedUntil",
    window_started_at as "windowStartedAt", last_success_at as "lastSuccessAt"
  from login_back_off where tenant_id = $1 and login_mac = $2 and network_mac in ($3, $4)`;

@Injectable()
export class LoginBackOffRepository {
  async read(tx: TenantTransaction, key: BackOffKey): Promise<BackOff> {
    return toBackOff(await tx.query<Row>(SELECT, parameters(tx, key)));
  }

  /** The records, which exist from now on, held until the transaction ends: parallel attempts are counted one by one. */
  async hold(tx: TenantTransaction, key: BackOffKey, now: Date): Promise<BackOff> {
    await tx.query(
      `insert into login_back_off (tenant_id, login_mac, network_mac, failures, touched_at)
       values ($1, $2, $3, 0, $5), ($1, $2, $4, 0, $5) on conflict do nothing`,
      [...parameters(tx, key), now],
    );
    return toBackOff(await tx.query<Row>(`${SELECT} order by network_mac for update`, parameters(tx, key)));
  }

  async save(tx: TenantTransaction, key: BackOffKey, { network, bucket }: BackOff, now: Date): Promise<void> {
    await tx.query(
      `update login_back_off as b set failures = v.failures, blocked_until = v.blocked_until,
              window_started_at = v.window_started_at, last_success_at = v.last_success_at, touched_at = $5
         from (values ($3::bytea, $6::int, null::timestamptz, $7::timestamptz, null::timestamptz),
                      ($4::bytea, $8::int, $9::timestamptz, null::timestamptz, $10::timestamptz))
           as v(network_mac, failures, blocked_until, window_started_at, last_success_at)
        where b.tenant_id = $1 and b.login_mac = $2 and b.network_mac = v.network_mac`,
      [
        ...parameters(tx, key),
        now,
        bucket.failures,
        bucket.windowStartedAt,
        network.failures,
        network.blockedUntil,
        network.lastSuccessAt,
      ],
    );
  }

  /**
   * Forgets what counts no more: successes after 30 days, failures after a day without another. Passes over what a login
   * holds: that is no more stale, and whoever waits for nobody takes part in no deadlock.
   */
  async deleteStale(tx: SystemTransaction, now: Date): Promise<void> {
    await tx.query(
      `delete from login_back_off where (tenant_id, login_mac, network_mac) in (
         select tenant_id, login_mac, network_mac from login_back_off
          where touched_at < $1::timestamptz - interval '1 day'
            and (last_success_at is null or last_success_at < $1::timestamptz - interval '30 days')
          for update skip locked)`,
      [now],
    );
  }
}

function parameters(tx: TenantTransaction, key: BackOffKey): unknown[] {
  return [tx.tenantId, key.loginMac, EVERY_NETWORK, key.networkMac];
}

function toBackOff(rows: readonly Row[]): BackOff {
  const network = rows.find(row => row.networkMac.length > 0);
  const bucket = rows.find(row => row.networkMac.length === 0);
  return { network: network ?? NOTHING_KNOWN.network, bucket: bucket ?? NOTHING_KNOWN.bucket };
}
