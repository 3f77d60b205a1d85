/** Parameters for `unnest`: of the rows, one array per column, in the order of the getters. */
export function columns<T>(rows: readonly T[], ...getters: ((row: T) => unknown)[]): unknown[][] {
  return getters.map(get => rows.map(get));
}

/**
 * JSON for a jsonb column. The database keeps neither NUL nor half a surrogate pair, which a receiver's answer may hold: they
 * are shown as the replacement character.
 */
export function jsonColumn(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const json = JSON.stringify(value);
  if (!json.includes('\\u')) return json;
  // Pairs are written as they are: an escaped surrogate is always a lone one.
  return json.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, escape =>
    /^\\u(?:0000|d)/.test(escape) ? '\\ufffd' : escape,
  );
}

export function textColumn(value: string | undefined | null): string | null {
  return value === undefined || value === null ? null : value.replaceAll('\0', '\ufffd');
}
