/** Parameters for `unnest`: of the rows, one array per column, in the order of the getters. */
export function columns<T>(rows: readonly T[], ...getters: ((row: T) => unknown)[]): unknown[][] {
  return getters.map(get => rows.map(get));
}

/** JSON for a jsonb column; the database keeps no NUL, so it is shown as the replacement character. */
export function jsonColumn(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value).replaceAll('\\u0000', '\\ufffd');
}

export function textColumn(value: string | undefined | null): string | null {
  return value === undefined || value === null ? null : value.replaceAll('\0', '\ufffd');
}
