import {
  exactColumn,
  keyColumn,
  timeColumn,
  type FilterAttributes,
  type IndexedColumn,
} from '../filtering/conditions.js';
import type { SortableField } from '../filtering/sort-order.js';

const sorted = (name: string): IndexedColumn => ({ table: 'groups', name, sliced: true });

/** What groups are filtered by. */
export const GROUP_FILTERS = {
  id: exactColumn({ table: 'groups', name: 'id', then: [] }),
  name: keyColumn(sorted('name_key')),
  createdAt: timeColumn(sorted('created_at')),
} as const satisfies FilterAttributes;
export const GROUP_SORTS: Readonly<Record<string, SortableField>> = {
  name: { columns: [{ name: 'name_key', cast: 'text' }] },
  createdAt: { columns: [{ name: 'created_at', cast: 'timestamptz' }] },
};
export const DEFAULT_GROUP_SORT = 'name';
