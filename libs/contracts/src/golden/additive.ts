/** A JSON Schema as zod writes it. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  enum?: unknown[];
  const?: unknown;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  [keyword: string]: unknown;
}

/**
 * Why a change of an event's schema is not additive; empty when it is. Consumers of the old schema must go on reading new
 * events, and the new schema must go on reading old ones (both stay in the log for days): so only optional members may be
 * added, and nothing that was there may change its type, its values or whether it is required.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, at = ''): string[] {
  const problems: string[] = [];
  const name = at || '(the event)';
  for (const keyword of ['type', 'enum', 'const', 'pattern', 'format'] as const) {
    if (JSON.stringify(before[keyword]) !== JSON.stringify(after[keyword]))
      problems.push(`${name}: ${keyword} changed`);
  }
  for (const [member, schema] of Object.entries(before.properties ?? {})) {
    const now = after.properties?.[member];
    if (now) problems.push(...breakingChanges(schema, now, `${at}/${member}`));
    else problems.push(`${at}/${member}: removed`);
  }
  const [was, is] = [new Set(before.required), new Set(after.required)];
  for (const member of is) if (!was.has(member)) problems.push(`${at}/${member}: became required`);
  for (const member of was) if (!is.has(member)) problems.push(`${at}/${member}: is no longer required`);
  if (before.items && after.items) problems.push(...breakingChanges(before.items, after.items, `${at}/*`));
  else if (before.items || after.items) problems.push(`${name}: items changed`);
  const branches = before.anyOf ?? [];
  if (branches.length !== (after.anyOf ?? []).length) problems.push(`${name}: alternatives changed`);
  else branches.forEach((branch, i) => problems.push(...breakingChanges(branch, after.anyOf![i]!, `${at}|${i}`)));
  if (typeof before.additionalProperties === 'object' && typeof after.additionalProperties === 'object') {
    problems.push(...breakingChanges(before.additionalProperties, after.additionalProperties, `${at}/{}`));
  }
  return problems;
}
