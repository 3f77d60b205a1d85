import { DomainError } from '@countersign/kernel';

export const DELIVERY_STATES = ['pending', 'delivering', 'succeeded', 'retrying', 'failed', 'discarded'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One comparison; several hold together. */
export interface DeliveryCondition {
  attribute: 'hook' | 'endpoint' | 'state' | 'user' | 'time' | 'awaited' | 'verdict';
  operator: 'eq' | 'gt' | 'ge' | 'lt' | 'le';
  value: string | boolean | Date;
}

const ATTRIBUTES: Record<string, DeliveryCondition['attribute']> = {
  hook: 'hook',
  endpoint: 'endpoint',
  endpointid: 'endpoint',
  'endpoint.id': 'endpoint',
  state: 'state',
  user: 'user',
  userid: 'user',
  time: 'time',
  createdat: 'time',
  awaited: 'awaited',
  verdict: 'verdict',
};
const COMPARISON = /^\s*([A-Za-z][\w.]*)\s+([A-Za-z]{2})\s+("(?:[^"\\]|\\.)*"|true|false)\s*(?:\s(and)\s|$)/i;
const MAX_CONDITIONS = 10;

/**
 * Reads the part of the SCIM filter grammar (RFC 7644 §3.4.2.2) that the log's indexes serve: comparisons joined by `and`;
 * `eq` for hook, endpoint, state, user, awaited and verdict, and `gt ge lt le` for time.
 * @throws DomainError 400 `filter_unsupported`
 */
export function parseDeliveryFilter(text: string): DeliveryCondition[] {
  const conditions: DeliveryCondition[] = [];
  let rest = text;
  let more = true;
  while (more) {
    const match = COMPARISON.exec(rest);
    if (!match || conditions.length === MAX_CONDITIONS) {
      throw unsupported(
        'A filter here is comparisons joined by `and`, such as: hook eq "postCreateUser" and state eq "failed"',
      );
    }
    conditions.push(condition(match[1]!, match[2]!.toLowerCase(), match[3]!));
    rest = rest.slice(match[0].length);
    more = match[4] !== undefined;
  }
  return conditions;
}

function condition(name: string, operator: string, literal: string): DeliveryCondition {
  const attribute = ATTRIBUTES[name.toLowerCase()];
  if (!attribute)
    throw unsupported(
      `Deliveries cannot be filtered by ${name}; hook, endpoint, state, user, time, awaited and verdict can be`,
    );
  const value = parseLiteral(literal);
  if (attribute === 'awaited') {
    if (operator !== 'eq' || typeof value !== 'boolean') throw unsupported('awaited takes eq true or eq false');
    return { attribute, operator, value };
  }
  if (typeof value !== 'string') throw unsupported(`${name} is compared with a text in double quotes`);
  if (attribute === 'time') {
    const time = new Date(value);
    if (
      !['gt', 'ge', 'lt', 'le'].includes(operator) ||
      !/^\d{4}-\d\d-\d\d/.test(value) ||
      Number.isNaN(time.getTime())
    ) {
      throw unsupported('time takes gt, ge, lt or le and an RFC 3339 time such as "2026-01-31T00:00:00Z"');
    }
    return { attribute, operator: operator as DeliveryCondition['operator'], value: time };
  }
  if (operator !== 'eq') throw unsupported(`${name} takes eq only`);
  if (attribute === 'state' && !(DELIVERY_STATES as readonly string[]).includes(value)) {
    throw unsupported(`There is no state ${value}; there are ${DELIVERY_STATES.join(', ')}`);
  }
  return { attribute, operator, value };
}

function parseLiteral(literal: string): string | boolean {
  try {
    return JSON.parse(literal.startsWith('"') ? literal : literal.toLowerCase()) as string | boolean;
  } catch {
    throw unsupported(`${literal} is no JSON string`);
  }
}

function unsupported(message: string): DomainError {
  return new DomainError('filter_unsupported', 'malformed', message, {
    errors: [{ pointer: '?filter', code: 'filter_unsupported', message }],
  });
}
