import type { Role } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface ApiKey {
  id: string;
  name: string;
  roles: Role[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

const COLUMNS = `id, name, roles, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt",
  last_used_at as "lastUsedAt"`;

/** Keys that were not revoked; a revoked one is kept, but for nobody to see. */
@Injectable()
export class ApiKeyRepository {
  async insert(tx: TenantTransaction, key: Omit<ApiKey, 'lastUsedAt'>, secretSha256: Buffer): Promise<void> {
    await tx.query(
      `insert into api_key (tenant_id, id, name, secret_sha256, roles, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [tx.tenantId, key.id, key.name, secretSha256, key.roles, key.createdBy, key.createdAt, key.expiresAt],
    );
  }

  async find(tx: TenantTransaction, id: string): Promise<ApiKey | undefined> {
    const [row] = await tx.query<ApiKey>(
      `select ${COLUMNS} from api_key where tenant_id = $1 and id = $2 and revoked_at is null`,
      [tx.tenantId, id],
    );
    return row;
  }

  /** Notes the use of a key that is neither revoked nor expired; undefined for any other. */
  async use(tx: TenantTransaction, secretSha256: Buffer, now: Date): Promise<ApiKey | undefined> {
    const [row] = await tx.query<ApiKey>(
      `update api_key set last_used_at = $3
        where tenant_id = $1 and secret_sha256 = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
        returning ${COLUMNS}`,
      [tx.tenantId, secretSha256, now],
    );
    return row;
  }

  /** The tenant's keys, youngest first, after the given one. */
  list(tx: TenantTransaction, after: { createdAt: string; id: string } | undefined, limit: number): Promise<ApiKey[]> {
    return tx.query<ApiKey>(
      `select ${COLUMNS} from api_key
        where tenant_id = $1 and revoked_at is null
          and ($2::timestamptz is null or (created_at, id) < ($2, $3))
        order by created_at desc, id desc limit $4`,
      [tx.tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /** @returns the key that was revoked now */
  async revoke(tx: TenantTransaction, id: string, now: Date): Promise<ApiKey | undefined> {
    const [row] = await tx.query<ApiKey>(
      `update api_key set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null returning ${COLUMNS}`,
      [tx.tenantId, id, now],
    );
    return row;
  }
}
