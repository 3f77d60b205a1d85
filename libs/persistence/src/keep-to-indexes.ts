import type { Transaction } from './unit-of-work.js';

/**
 * For a search whose work has to stay bounded: until the transaction ends the planner takes indexes, also where it has no
 * statistics of what has just been filled, or old ones of what has grown since, and reads nothing from end to end. The costs
 * that stand for "off" before PostgreSQL 18 would have every statement compiled, so that is off too.
 * @param sorts false = it takes the index that gives the order asked for as well, instead of sorting what it holds for few rows
 */
export async function keepToIndexes(tx: Transaction, { sorts }: { sorts: boolean }): Promise<void> {
  const off = [
    'enable_seqscan',
    'enable_bitmapscan',
    'jit',
    ...(sorts ? [] : ['enable_sort', 'enable_incremental_sort']),
  ];
  await tx.query(`select set_config(name, 'off', true) from unnest($1::text[]) as name`, [off]);
}
