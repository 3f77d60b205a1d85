import { BUS_DATABASE, TABLES_WITHOUT_TENANT, type ServiceDatabase } from '@countersign/persistence';
import type { PolicyFacts, RoleFacts, TableFacts } from './catalogue.js';

const OWN_TENANT = `(tenant_id = current_setting('app.tenant_id'::text, true))`;
const ROW_PRIVILEGES = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

/** The roles that a schema's tables know. The bus has no app role: only workers come to it. */
export interface SchemaRoles {
  owner: string;
  worker: string;
  app?: string;
}

export const rolesOfService = ({ owner, worker, app }: ServiceDatabase): SchemaRoles => ({ owner, worker, app });
export const rolesOfBus: SchemaRoles = { owner: BUS_DATABASE.owner, worker: BUS_DATABASE.worker };

/** Whether rows of the table belong to a tenant. A partition is judged like its parent: it has the same columns. */
export function hasTenant(table: TableFacts): boolean {
  return !TABLES_WITHOUT_TENANT.includes(table.name);
}

/** What is wrong with a table's isolation; empty = nothing. */
export function faultsOfTable(table: TableFacts, roles: SchemaRoles): string[] {
  return [
    ...(table.rowSecurity && table.forced ? [] : ['row-level security is not both enabled and forced']),
    ...(table.owner === roles.owner ? [] : [`belongs to ${table.owner}, not to ${roles.owner}`]),
    ...faultsOfKeys(table),
    ...faultsOfPolicies(table, roles),
    ...faultsOfGrants(table, roles),
  ].map(fault => `${table.name}: ${fault}`);
}

function faultsOfKeys(table: TableFacts): string[] {
  const { primaryKey, uniques, foreignKeys } = table;
  if (!primaryKey) return ['has no primary key'];
  if (!hasTenant(table)) return [];
  if (!table.columns.some(({ name, notNull }) => name === 'tenant_id' && notNull))
    return ['has no tenant_id that is not null'];
  return [
    ...[primaryKey, ...uniques]
      .filter(({ columns }) => columns[0] !== 'tenant_id')
      .map(({ name }) => `${name} does not start with tenant_id: one tenant would learn of another's values`),
    ...foreignKeys
      .filter(({ columns }) => !columns.includes('tenant_id'))
      .map(({ name }) => `${name} could refer to a row of another tenant: the check of a foreign key sees all rows`),
  ];
}

function faultsOfPolicies(table: TableFacts, roles: SchemaRoles): string[] {
  const isTenants = hasTenant(table) && roles.app !== undefined;
  const expected = new Map<string, (policy: PolicyFacts) => boolean>([
    ['migrator', policy => is(policy, 'all', roles.owner, 'true', 'true')],
    [
      'worker',
      policy => is(policy, 'all', roles.worker, 'true', 'true') || is(policy, 'select', roles.worker, 'true', null),
    ],
  ]);
  if (isTenants) expected.set('tenant', policy => is(policy, 'all', roles.app!, OWN_TENANT, OWN_TENANT));
  const faults = table.policies
    .filter(policy => !expected.get(policy.name)?.(policy))
    .map(policy => `the policy ${policy.name} is not one that a table of its kind has: ${JSON.stringify(policy)}`);
  for (const name of isTenants ? ['migrator', 'tenant'] : ['migrator', 'worker']) {
    if (!table.policies.some(policy => policy.name === name)) faults.push(`the policy ${name} is missing`);
  }
  return faults;
}

function is(policy: PolicyFacts, command: string, role: string, using: string, check: string | null): boolean {
  const { roles } = policy;
  return (
    policy.permissive &&
    policy.command === command &&
    roles.join() === role &&
    policy.using === using &&
    policy.check === check
  );
}

function faultsOfGrants(table: TableFacts, roles: SchemaRoles): string[] {
  const faults: string[] = [];
  for (const [role, privileges] of Object.entries(table.grants)) {
    if (role === roles.owner) continue;
    const beyond = privileges.filter(privilege => !ROW_PRIVILEGES.has(privilege));
    if (role !== roles.app && role !== roles.worker) faults.push(`${role} has been granted ${privileges.join(', ')}`);
    // TRUNCATE, above all, asks no policy.
    else if (beyond.length > 0)
      faults.push(`${role} has been granted ${beyond.join(', ')}, which policies do not limit`);
  }
  if (roles.app !== undefined && !hasTenant(table) && table.grants[roles.app]) {
    faults.push(`${roles.app} has been granted a table that belongs to no tenant`);
  }
  return faults;
}

/** What is wrong with the logins of a service. */
export function faultsOfRoles(found: readonly RoleFacts[], db: ServiceDatabase): string[] {
  const faults: string[] = [];
  for (const name of [db.owner, db.app, db.worker]) {
    const role = found.find(candidate => candidate.name === name);
    if (!role) {
      faults.push(`${name} does not exist`);
      continue;
    }
    if (role.mighty) faults.push(`${name} may bypass row-level security, or make roles that do`);
    if (role.canBecome.length > 0) faults.push(`${name} can become ${role.canBecome.join(', ')}`);
    const allowed = name === db.worker ? [BUS_DATABASE.worker as string] : [];
    const others = role.memberOf.filter(group => !allowed.includes(group));
    if (others.length > 0) faults.push(`${name} is a member of ${others.join(', ')}`);
  }
  return faults;
}
