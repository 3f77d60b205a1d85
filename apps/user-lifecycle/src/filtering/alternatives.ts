import type { Condition, FilterAttribute } from './conditions.js';
import { filterUnsupported, type ScimFilter } from './scim-filter.js';

export type ResolveAttribute = (path: string) => FilterAttribute | undefined;

/** Most alternatives that a filter may come to. */
const MAX_ALTERNATIVES = 20;

/**
 * A filter as alternatives, each a list of conditions that all hold: what lies under an `or` is answered from different
 * indexes, each alternative by itself. Only what the attributes' indexes serve is taken: `not` and `pr` never are.
 * @throws DomainError 400 `filter_unsupported`, naming what is supported
 */
export function alternativesOf(filter: ScimFilter, resolve: ResolveAttribute): Condition[][] {
  switch (filter.kind) {
    case 'or':
      return bounded(filter.items.flatMap(item => alternativesOf(item, resolve)));
    case 'and':
      return filter.items
        .map(item => alternativesOf(item, resolve))
        .reduce((all, options) => bounded(all.flatMap(one => options.map(option => [...one, ...option]))), [[]]);
    case 'not':
      throw filterUnsupported('not (…) cannot be answered from an index; filter for what you want instead');
    case 'present':
      throw filterUnsupported(`${filter.attribute} pr cannot be answered from an index; compare with a value instead`);
    case 'compare': {
      const { attribute: name, operator, value } = filter;
      const attribute = resolve(name);
      if (!attribute) throw filterUnsupported(`There is no filter on ${name} here`);
      if (!attribute.operators.includes(operator)) {
        throw filterUnsupported(`${name} can be filtered by ${attribute.operators.join(', ')}, not by ${operator}`);
      }
      return [[attribute.condition(operator, value, name)]];
    }
  }
}

function bounded<T>(alternatives: T[]): T[] {
  if (alternatives.length <= MAX_ALTERNATIVES) return alternatives;
  throw filterUnsupported(`The filter comes to more than ${MAX_ALTERNATIVES} alternatives; ask in several requests`);
}

/** Finds attributes by name without regard to case, as RFC 7643 §2.1 has it. */
export function byName(attributes: Readonly<Record<string, FilterAttribute>>): ResolveAttribute {
  const known = new Map(Object.entries(attributes).map(([name, attribute]) => [name.toLowerCase(), attribute]));
  return path => known.get(path.toLowerCase());
}

/** What a list can be filtered by, for the API's description: `login (eq, sw), …`. */
export function describeFilters(attributes: Readonly<Record<string, Pick<FilterAttribute, 'operators'>>>): string {
  const each = Object.entries(attributes).map(([name, { operators }]) => `${name} (${operators.join(', ')})`);
  return `SCIM filter (RFC 7644 §3.4.2.2), joined by and, or and parentheses: ${each.join(', ')}. Anything else is 400 filter_unsupported`;
}
