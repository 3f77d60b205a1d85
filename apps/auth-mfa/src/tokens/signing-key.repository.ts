import type { SystemTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import type { JWK } from 'jose';

export interface KeptKey {
  kid: string;
  purpose: 'access_token' | 'back_off';
  publicJwk: JWK | null;
  secretSealed: Buffer;
  createdAt: Date;
  activeFrom: Date;
}

const COLUMNS = `kid, purpose, public_jwk as "publicJwk", secret_sealed as "secretSealed", created_at as "createdAt",
  active_from as "activeFrom"`;

/** Keys of the platform: the worker role's table, no tenant's. */
@Injectable()
export class SigningKeyRepository {
  /** Keeps every other replica from making or changing keys until the transaction ends. */
  async lock(tx: SystemTransaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('auth-mfa signing keys'))`);
  }

  all(tx: SystemTransaction): Promise<KeptKey[]> {
    return tx.query<KeptKey>(`select ${COLUMNS} from signing_key order by active_from, created_at, kid`);
  }

  async add(tx: SystemTransaction, key: KeptKey): Promise<void> {
    await tx.query(
      `insert into signing_key (kid, purpose, public_jwk, secret_sealed, created_at, active_from)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        key.kid,
        key.purpose,
        key.publicJwk && JSON.stringify(key.publicJwk),
        key.secretSealed,
        key.createdAt,
        key.activeFrom,
      ],
    );
  }

  async activate(tx: SystemTransaction, kid: string, from: Date): Promise<void> {
    await tx.query(`update signing_key set active_from = $2 where kid = $1`, [kid, from]);
  }

  async reseal(tx: SystemTransaction, kid: string, sealed: Buffer): Promise<void> {
    await tx.query(`update signing_key set secret_sealed = $2 where kid = $1`, [kid, sealed]);
  }

  async remove(tx: SystemTransaction, kids: readonly string[]): Promise<void> {
    await tx.query(`delete from signing_key where kid = any($1)`, [kids]);
  }
}
