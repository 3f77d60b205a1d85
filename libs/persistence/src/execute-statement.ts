import pg from 'pg';

/** Longer texts are left to the protocol's own parameters, which the server need not scan for quotes. */
const MAX_LENGTH = 8_192;

/**
 * The SQL that runs a prepared statement with these values. They are literals without a type, read by the type of the
 * parameter as those of the protocol are.
 * @returns undefined where a value has no such literal: then the protocol has to carry it
 */
export function executeStatement(name: string, values: readonly unknown[]): string | undefined {
  const literals: string[] = [];
  let length = 0;
  for (const value of values) {
    const text = Array.isArray(value) ? arrayText(value) : scalarText(value);
    if (text === undefined) return undefined;
    length += text?.length ?? 0;
    literals.push(text === null ? 'null' : pg.escapeLiteral(text));
  }
  if (length > MAX_LENGTH) return undefined;
  const parameters = literals.length === 0 ? '' : `(${literals.join(', ')})`;
  return `execute ${pg.escapeIdentifier(name)}${parameters}`;
}

function scalarText(value: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // NUL would end the message; the protocol's parameters have the server refuse it.
  return typeof value === 'string' && !value.includes('\0') ? value : undefined;
}

/** PostgreSQL's text form of an array of one dimension. */
function arrayText(values: readonly unknown[]): string | undefined {
  const texts: string[] = [];
  for (const value of values) {
    const text = scalarText(value);
    if (text === undefined) return undefined;
    texts.push(text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`);
  }
  return `{${texts.join(',')}}`;
}
