import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { AFTER_ALL } from '../filtering/search-key.js';
import { attributeDefinitionSchema, type AttributeCatalog, type AttributeDefinition } from './attribute.schema.js';
import { attributeIndexName } from './attribute-values.js';

@Injectable()
export class AttributeCatalogRepository {
  async create(tx: TenantTransaction): Promise<void> {
    await tx.query(`insert into attribute_catalogs (tenant_id, attributes, version) values ($1, '[]', 1)`, [
      tx.tenantId,
    ]);
  }

  async read(tx: TenantTransaction): Promise<AttributeCatalog> {
    return this.select(tx, '');
  }

  /** Keeps the catalogue as it is until the transaction ends, so that values are written under the rules they were checked by. */
  async lockShared(tx: TenantTransaction): Promise<AttributeCatalog> {
    return this.select(tx, 'for share');
  }

  async lock(tx: TenantTransaction): Promise<AttributeCatalog> {
    return this.select(tx, 'for update');
  }

  private async select(tx: TenantTransaction, lock: string): Promise<AttributeCatalog> {
    const [row] = await tx.prepared<AttributeCatalog>(
      `select attributes, version from attribute_catalogs where tenant_id = $1 ${lock}`,
      [tx.tenantId],
    );
    return row ? toCatalog(row) : { attributes: [], version: 0 };
  }

  async replace(tx: TenantTransaction, attributes: AttributeDefinition[]): Promise<AttributeCatalog> {
    const [row] = await tx.query<AttributeCatalog>(
      `update attribute_catalogs set attributes = $2::jsonb, version = version + 1 where tenant_id = $1 returning attributes, version`,
      [tx.tenantId, JSON.stringify(attributes)],
    );
    return toCatalog(row!);
  }

  /**
   * Whether a user that is not deleted has a value of the attribute other than the given keys: looks between the keys, not at
   * the values of every user.
   */
  async isUsed(tx: TenantTransaction, name: string, besides: readonly string[] = []): Promise<boolean> {
    const keys = [...besides].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const rows = await tx.query(
      `select 1 from unnest($3::text[], $4::text[]) as gap(above, below) cross join lateral (
         select 1 from user_search_values v join users u on u.tenant_id = v.tenant_id and u.id = v.user_id
          where v.tenant_id = $1 and v.name = $2 and v.value > gap.above and v.value < gap.below and not u.deleted limit 1
       ) as found limit 1`,
      [tx.tenantId, attributeIndexName(name), ['', ...keys], [...keys, AFTER_ALL]],
    );
    return rows.length > 0;
  }

  /** Whether more users than so many have a value of the attribute, deleted ones included; looks at no more than that. */
  async isHeldByMoreThan(tx: TenantTransaction, users: number, name: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from user_search_values where tenant_id = $1 and name = $2 order by value, user_id offset $3 limit 1`,
      [tx.tenantId, attributeIndexName(name), users],
    );
    return rows.length > 0;
  }

  /**
   * Makes the attribute's present values unique, each held by its user.
   * @returns false when two users have the same value; the transaction is then still usable
   */
  async holdValues(tx: TenantTransaction, name: string): Promise<boolean> {
    const values = `select v.tenant_id, v.name, v.value, v.user_id
        from user_search_values v join users u on u.tenant_id = v.tenant_id and u.id = v.user_id
       where v.tenant_id = $1 and v.name = $2 and u.status <> 'deleted'`;
    const parameters = [tx.tenantId, attributeIndexName(name)];
    const twice = await tx.query(
      `select value from (${values}) as held group by value having count(*) > 1 limit 1`,
      parameters,
    );
    if (twice.length > 0) return false;
    // What is still reserved of a time when the attribute was unique before: whoever reserved it commits no more.
    await this.releaseValues(tx, name);
    await tx.query(
      `insert into unique_values (tenant_id, name, value, user_id) ${values} order by v.value`,
      parameters,
    );
    return true;
  }

  /** Values, reserved ones too, that need no longer be unique. */
  async releaseValues(tx: TenantTransaction, name: string): Promise<void> {
    await tx.query(`delete from unique_values where tenant_id = $1 and name = $2`, [
      tx.tenantId,
      attributeIndexName(name),
    ]);
  }
}

/** jsonb does not keep the order of members; the schema gives it back, so that equal catalogues compare equal. */
function toCatalog({ attributes, version }: AttributeCatalog): AttributeCatalog {
  return { attributes: attributes.map(attribute => attributeDefinitionSchema.parse(attribute)), version };
}
