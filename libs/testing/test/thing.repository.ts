import type { TenantTransaction } from '@countersign/persistence';

export class ThingRepository {
  async insert(tx: TenantTransaction, id: number, name: string): Promise<void> {
    await tx.query(`insert into thing values ($1, $2, $3, 'new')`, [tx.tenantId, id, name]);
  }

  async find(tx: TenantTransaction, id: number): Promise<Record<string, unknown> | undefined> {
    return (await tx.query(`select * from thing where id = $1`, [id]))[0];
  }

  async rename(tx: TenantTransaction, id: number, name: string): Promise<boolean> {
    return (await tx.query(`update thing set name = $2 where id = $1 returning id`, [id, name])).length > 0;
  }
}
