import { isDeepStrictEqual } from 'node:util';
import { isObject } from './user-answer.js';

/**
 * Attributes that a hook's answer may change by default: all that a profile has but id, login, roles, status, manager and
 * assignedGroups (webhooks.json). provisionedApps is written by provisioning only, and security answers and passwords never
 * pass through a hook.
 */
export const DEFAULT_ALLOW_LIST: ReadonlySet<string> = new Set([
  'country',
  'firstName',
  'lastName',
  'userType',
  'email',
  'mobile',
  'attributes',
]);

/** One operation of a JSON Patch (RFC 6902) over the user as it was sent. */
export interface PatchOperation {
  op: 'add' | 'replace' | 'remove';
  path: string;
  value?: unknown;
}

export interface UserChanges {
  /** Attributes on the allow-list whose value differs from what was sent; null = cleared. A merge patch (RFC 7396). */
  changes: Record<string, unknown>;
  patch: PatchOperation[];
  /** What else came back changed, for the delivery log. */
  ignored: PatchOperation[];
}

/** What an answer changes against the user that was sent: absent = unchanged, null = cleared, also for each custom attribute. */
export function diffUser(
  sent: Record<string, unknown>,
  answered: Record<string, unknown>,
  allowed: ReadonlySet<string> = DEFAULT_ALLOW_LIST,
): UserChanges {
  const result: UserChanges = { changes: {}, patch: [], ignored: [] };
  for (const [name, value] of Object.entries(answered)) {
    const custom = name === 'attributes' && isObject(value) && allowed.has(name);
    if (custom) {
      diffCustom(isObject(sent[name]) ? sent[name] : undefined, value, result);
      continue;
    }
    const operation = compare(`/${escape(name)}`, own(sent, name), value);
    if (!operation) continue;
    if (!allowed.has(name)) result.ignored.push(operation);
    else {
      result.changes[name] = value;
      result.patch.push(operation);
    }
  }
  return result;
}

function diffCustom(
  sent: Record<string, unknown> | undefined,
  answered: Record<string, unknown>,
  result: UserChanges,
): void {
  const changed = Object.entries(answered).flatMap(([name, value]) => {
    const operation = compare(`/attributes/${escape(name)}`, sent && own(sent, name), value);
    return operation ? [{ name, value, operation }] : [];
  });
  if (changed.length === 0) return;
  result.changes['attributes'] = Object.fromEntries(changed.map(({ name, value }) => [name, value]));
  // Without the object itself a JSON Patch cannot add a member to it.
  if (!sent) result.patch.push({ op: 'add', path: '/attributes', value: {} });
  result.patch.push(...changed.map(({ operation }) => operation));
}

function compare(path: string, before: unknown, after: unknown): PatchOperation | undefined {
  const absent = before === undefined || before === null;
  if (after === null) return absent ? undefined : { op: 'remove', path };
  if (isDeepStrictEqual(before, after)) return undefined;
  return { op: absent ? 'add' : 'replace', path, value: after };
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function escape(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
