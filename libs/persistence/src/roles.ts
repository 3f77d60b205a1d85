/**
 * Names of the database objects of a service. Every service has a schema and three logins of its own; nothing of one
 * service can be read by another's.
 */
export interface ServiceDatabase {
  /** Schema, e.g. `user_lifecycle`. */
  readonly schema: string;
  /** Owns the schema, runs migrations. */
  readonly owner: string;
  /** Serves requests: neither owner nor BYPASSRLS, sees one tenant at a time. */
  readonly app: string;
  /** Relays, claimers, timers: sees the queue tables of all tenants, and nothing else. */
  readonly worker: string;
}

export function serviceDatabase(service: string): ServiceDatabase {
  const schema = service.replaceAll('-', '_');
  if (!/^[a-z][a-z_]{0,40}$/.test(schema)) throw new Error(`Not a service name: ${service}`);
  return { schema, owner: `${schema}_owner`, app: `${schema}_app`, worker: `${schema}_worker` };
}

/** The schema of the Postgres bus and the role (no login) that all services' workers belong to. */
export const BUS_DATABASE = { schema: 'bus', owner: 'bus_owner', worker: 'bus_worker' } as const;
