import type { Role } from '@countersign/contracts';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface EndpointPrincipal {
  endpointId: string;
  principalId: string;
  roles: Role[];
  deletedAt: Date | null;
}

@Injectable()
export class EndpointPrincipalRepository {
  /** Makes the principal unless there is one. @returns whether it was made */
  async insert(
    tx: TenantTransaction,
    principal: Omit<EndpointPrincipal, 'deletedAt'> & { deletedAt?: Date },
    now: Date,
  ): Promise<boolean> {
    const rows = await tx.query(
      `insert into endpoint_principal (tenant_id, endpoint_id, principal_id, roles, created_at, updated_at, deleted_at)
       values ($1, $2, $3, $4, $5, $5, $6) on conflict do nothing returning 1`,
      [tx.tenantId, principal.endpointId, principal.principalId, principal.roles, now, principal.deletedAt ?? null],
    );
    return rows.length > 0;
  }

  /** The principal, held until the transaction ends. */
  async hold(tx: TenantTransaction, endpointId: string): Promise<EndpointPrincipal | undefined> {
    const [row] = await tx.query<EndpointPrincipal>(
      `select endpoint_id as "endpointId", principal_id as "principalId", roles, deleted_at as "deletedAt"
         from endpoint_principal where tenant_id = $1 and endpoint_id = $2 for update`,
      [tx.tenantId, endpointId],
    );
    return row;
  }

  async setRoles(tx: TenantTransaction, endpointId: string, roles: readonly Role[], now: Date): Promise<void> {
    await tx.query(
      `update endpoint_principal set roles = $3, updated_at = $4 where tenant_id = $1 and endpoint_id = $2`,
      [tx.tenantId, endpointId, roles, now],
    );
  }

  async markDeleted(tx: TenantTransaction, endpointId: string, now: Date): Promise<void> {
    await tx.query(
      `update endpoint_principal set deleted_at = $3, updated_at = $3 where tenant_id = $1 and endpoint_id = $2`,
      [tx.tenantId, endpointId, now],
    );
  }
}
