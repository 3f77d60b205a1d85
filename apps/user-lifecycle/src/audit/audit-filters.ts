import {
  codeColumn,
  exactColumn,
  timeColumn,
  type FilterAttributes,
  type IndexedColumn,
} from '../filtering/conditions.js';
import type { SortableField } from '../filtering/sort-order.js';

/** A column whose index holds, for each value, the rows by time. */
const indexed = (name: string): IndexedColumn => ({ table: 'audit_log', name, then: ['at', 'id'] });

/** What the audit log is filtered by. */
export const AUDIT_FILTERS = {
  id: exactColumn({ table: 'audit_log', name: 'id', then: [] }),
  at: timeColumn({ table: 'audit_log', name: 'at' }),
  action: codeColumn(indexed('action')),
  'actor.id': exactColumn(indexed('actor_id')),
  'target.id': exactColumn(indexed('target_id')),
  'target.type': exactColumn(indexed('target_type')),
  traceId: exactColumn(indexed('trace_id')),
} as const satisfies FilterAttributes;
export const AUDIT_SORTS: Readonly<Record<string, SortableField>> = {
  at: { columns: [{ name: 'at', cast: 'timestamptz' }] },
};
export const DEFAULT_AUDIT_SORT = '-at';
