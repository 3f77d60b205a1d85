import type { TenantTransaction } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';

/** A value that one user of the tenant may hold: `login`, or `attributes.<name>` of an attribute marked unique. */
export interface UniqueValue {
  name: string;
  value: string;
}

/**
 * How long a reservation holds without being confirmed, in seconds: longer than a chain of hooks and calls takes, shorter than
 * the lease of an idempotency key, so that the retry after a crash finds the login free.
 */
const RESERVATION_SECONDS = 30;

/**
 * Unique values, held or reserved. A reservation is committed before the tenant is asked, so that no transaction is open
 * meanwhile; the reservation of a process that died is taken over when its lease is over.
 */
@Injectable()
export class ReservationsRepository {
  /** Reserves what is free. @returns the values that somebody else holds or has reserved */
  async reserve(
    tx: TenantTransaction,
    token: string,
    userId: string,
    values: readonly UniqueValue[],
  ): Promise<UniqueValue[]> {
    if (values.length === 0) return [];
    const wanted = [...values].sort((a, b) => (a.name + a.value < b.name + b.value ? -1 : 1));
    const rows = await tx.prepared<UniqueValue>(
      `insert into unique_values as v (tenant_id, name, value, user_id, reservation, lease_until)
       select $1, w.name, w.value, $2, $3::uuid, clock_timestamp() + make_interval(secs => ${RESERVATION_SECONDS})
         from unnest($4::text[], $5::text[]) as w(name, value)
       on conflict (tenant_id, name, value) do update
         set user_id = excluded.user_id, reservation = excluded.reservation, lease_until = excluded.lease_until
         where v.lease_until < clock_timestamp() or v.reservation = excluded.reservation
       returning name, value`,
      [tx.tenantId, userId, token, wanted.map(value => value.name), wanted.map(value => value.value)],
    );
    const got = new Set(rows.map(row => row.name));
    return wanted.filter(value => !got.has(value.name));
  }

  /** The values that somebody holds or has reserved; what a dry run asks instead of reserving. */
  async taken(tx: TenantTransaction, values: readonly UniqueValue[]): Promise<UniqueValue[]> {
    if (values.length === 0) return [];
    const rows = await tx.query<UniqueValue>(
      `select v.name, v.value from unique_values v join unnest($2::text[], $3::text[]) as w(name, value) using (name, value)
        where v.tenant_id = $1 and (v.lease_until is null or v.lease_until >= clock_timestamp())`,
      [tx.tenantId, values.map(value => value.name), values.map(value => value.value)],
    );
    const names = new Set(rows.map(row => row.name));
    return values.filter(value => names.has(value.name));
  }

  /** The user that holds the value; one that only has it reserved does not exist yet. */
  async holder(tx: TenantTransaction, { name, value }: UniqueValue): Promise<string | undefined> {
    const [row] = await tx.query<{ user_id: string }>(
      `select user_id from unique_values where tenant_id = $1 and name = $2 and value = $3 and reservation is null`,
      [tx.tenantId, name, value],
    );
    return row?.user_id;
  }

  /**
   * Turns the reservations into held values, and gives up what else is reserved under the token.
   * @returns those that another has taken over since
   */
  async confirm(tx: TenantTransaction, token: string, values: readonly UniqueValue[]): Promise<UniqueValue[]> {
    const rows = await tx.prepared<UniqueValue>(
      `with w as (select * from unnest($3::text[], $4::text[]) as given(name, value)),
       vain as (delete from unique_values v where v.tenant_id = $1 and v.reservation = $2::uuid
          and not exists (select from w where w.name = v.name and w.value = v.value))
       update unique_values v set reservation = null, lease_until = null
         from w where v.tenant_id = $1 and v.reservation = $2::uuid and v.name = w.name and v.value = w.value
        returning v.name, v.value`,
      [tx.tenantId, token, values.map(value => value.name), values.map(value => value.value)],
    );
    const got = new Set(rows.map(row => row.name));
    return values.filter(value => !got.has(value.name));
  }

  /** Gives up what is reserved under the token and not confirmed. */
  async release(tx: TenantTransaction, token: string): Promise<void> {
    await tx.query(`delete from unique_values where tenant_id = $1 and reservation = $2::uuid`, [tx.tenantId, token]);
  }

  /** Frees values that the user holds. */
  async free(tx: TenantTransaction, userId: string, values: readonly UniqueValue[]): Promise<void> {
    if (values.length === 0) return;
    await tx.query(
      `delete from unique_values v using unnest($3::text[], $4::text[]) as w(name, value)
        where v.tenant_id = $1 and v.user_id = $2 and v.reservation is null and v.name = w.name and v.value = w.value`,
      [tx.tenantId, userId, values.map(value => value.name), values.map(value => value.value)],
    );
  }

  /** Frees all that the user holds. */
  async freeAll(tx: TenantTransaction, userId: string): Promise<void> {
    await tx.query(`delete from unique_values where tenant_id = $1 and user_id = $2`, [tx.tenantId, userId]);
  }

  /** Removes a few reservations whose lease is over, so that those of dead processes do not pile up. */
  async sweep(tx: TenantTransaction): Promise<void> {
    await tx.query(
      `delete from unique_values where (tenant_id, name, value) in (
         select tenant_id, name, value from unique_values
          where tenant_id = $1 and lease_until < clock_timestamp() limit 20 for update skip locked)`,
      [tx.tenantId],
    );
  }
}
