import type { TenantId } from '@countersign/kernel';
import { UnitOfWork, type ServicePersistence, type TenantTransaction } from '@countersign/persistence';

/** A node of EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON). */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** One statement as it ran. */
export interface Ran {
  sql: string;
  /** Tables that were read from end to end. */
  scanned: string[];
  /** Pages of 8 KiB, in the cache or not, each time that one was looked at. */
  pages: number;
  /** Most rows that went into one sort. */
  sorted: number;
  plan: PlanNode;
}

/**
 * The unit of work of a service, which explains each statement before it runs it: what the code asks, as the app role under
 * row-level security, with the very parameters.
 */
export class RecordingUnitOfWork extends UnitOfWork {
  ran: Ran[] = [];

  constructor(persistence: ServicePersistence) {
    super(persistence.app, persistence.worker);
  }

  override run<T>(tenantId: TenantId, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return super.run(tenantId, tx => {
      const explained = async (sql: string, parameters?: unknown[]) => {
        this.ran.push(await explain(tx, sql, parameters));
        return (await tx.query(sql, parameters)) as never;
      };
      return work({ ...tx, query: explained, prepared: explained });
    });
  }

  /** What ran since it was asked last. */
  take(): Ran[] {
    return this.ran.splice(0);
  }
}

/** ANALYZE runs the statement, so what it changes is rolled back. */
async function explain(tx: TenantTransaction, sql: string, parameters?: unknown[]): Promise<Ran> {
  await tx.query('savepoint explained');
  const [row] = await tx.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `explain (analyze, buffers, timing off, format json) ${sql}`,
    parameters,
  );
  await tx.query('rollback to savepoint explained');
  const plan = row!['QUERY PLAN'][0]!.Plan;
  const nodes = [...walk(plan)];
  return {
    sql,
    plan,
    scanned: nodes.filter(node => node['Node Type'] === 'Seq Scan').map(node => node['Relation Name']!),
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    sorted: Math.max(
      0,
      ...nodes.filter(node => node['Node Type'].endsWith('Sort')).map(node => rowsOf(node.Plans![0]!)),
    ),
  };
}

function* walk(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* walk(child);
}

function rowsOf(node: PlanNode): number {
  return node['Actual Rows'] * node['Actual Loops'];
}
