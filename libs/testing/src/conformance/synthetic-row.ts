import type { ColumnFacts, TableFacts } from './catalogue.js';

/** SQL values by type, for columns that must have one. They mean nothing: constraints are off while they are written. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/\[\]$/, `'{}'`],
  [/^(text|character|citext|name)/, `'x'`],
  [/^(smallint|integer|bigint|numeric|real|double)/, '1'],
  [/^boolean/, 'false'],
  [/^(timestamp|date|time)/, 'now()'],
  [/^interval/, `'1 hour'`],
  [/^uuid/, 'gen_random_uuid()'],
  [/^jsonb?/, `'{}'`],
  [/^bytea/, `'\\x00'`],
  [/^(inet|cidr)/, `'127.0.0.1'`],
];

/**
 * An insert of one row of a tenant, made from the catalogue alone: every column that must have a value gets one of its type.
 * @throws Error for a type that it has no value for
 */
export function insertSynthetic(schema: string, table: TableFacts, tenant: string): string {
  const columns = table.columns.filter(column => column.name !== 'tenant_id' && column.notNull && !column.filled);
  const names = ['tenant_id', ...columns.map(({ name }) => `"${name}"`)];
  const values = [`'${tenant}'`, ...columns.map(column => valueOf(table, column))];
  return `insert into ${schema}."${table.name}" (${names.join(', ')}) values (${values.join(', ')})`;
}

function valueOf(table: TableFacts, { name, type, label }: ColumnFacts): string {
  const value = label === null ? VALUES.find(([pattern]) => pattern.test(type))?.[1] : `'${label}'`;
  if (value === undefined)
    throw new Error(`No value is known for ${table.name}.${name} of type ${type}: add one to VALUES`);
  return value;
}
