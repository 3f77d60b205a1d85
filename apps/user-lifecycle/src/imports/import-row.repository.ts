import type { Id } from '@countersign/kernel';
import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

export interface ImportRow {
  line: number;
  userId: Id<'usr'>;
  sealed: Buffer;
}

/** Rows of imports that are still to be done. */
@Injectable()
export class ImportRowRepository {
  async addAll(tx: TenantTransaction, operationId: string, rows: readonly ImportRow[]): Promise<void> {
    await tx.query(
      `insert into import_rows (tenant_id, operation_id, line, user_id, sealed)
       select $1, $2, r.* from unnest($3::int[], $4::text[], $5::bytea[]) as r`,
      [tx.tenantId, operationId, rows.map(row => row.line), rows.map(row => row.userId), rows.map(row => row.sealed)],
    );
  }

  /** The next rows by line. */
  async after(tx: TenantTransaction, operationId: string, line: number, limit: number): Promise<ImportRow[]> {
    const rows = await tx.query<{ line: number; user_id: Id<'usr'>; sealed: Buffer }>(
      `select line, user_id, sealed from import_rows where tenant_id = $1 and operation_id = $2 and line > $3
        order by line limit $4`,
      [tx.tenantId, operationId, line, limit],
    );
    return rows.map(row => ({ line: row.line, userId: row.user_id, sealed: row.sealed }));
  }

  async count(tx: TenantTransaction, operationId: string): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from import_rows where tenant_id = $1 and operation_id = $2`,
      [tx.tenantId, operationId],
    );
    return row!.count;
  }

  /** @returns false when the row is not there any more: it has been done */
  async remove(tx: TenantTransaction, operationId: string, line: number): Promise<boolean> {
    const rows = await tx.query(
      `delete from import_rows where tenant_id = $1 and operation_id = $2 and line = $3 returning 1`,
      [tx.tenantId, operationId, line],
    );
    return rows.length > 0;
  }

  /** Removes some of the rows. @returns how many */
  async clear(tx: TenantTransaction, operationId: string, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from import_rows where tenant_id = $1 and operation_id = $2 and line in (
         select line from import_rows where tenant_id = $1 and operation_id = $2 order by line limit $3) returning 1`,
      [tx.tenantId, operationId, limit],
    );
    return rows.length;
  }
}
