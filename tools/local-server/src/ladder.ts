/** One way to a server. */
export interface Rung<N extends string, T> {
  readonly name: N;
  /** Undefined: this way is not there. An error: it is there, and fails. */
  open(): Promise<T | undefined>;
}

/**
 * The first way that works.
 * @returns it, and why each that is there and better did not come off
 * @throws Error with all reasons when none does
 */
export async function climb<N extends string, T>(
  rungs: readonly Rung<N, T>[],
): Promise<{ rung: N; value: T; notes: string[] }> {
  const notes: string[] = [];
  for (const { name, open } of rungs) {
    try {
      const value = await open();
      if (value !== undefined) return { rung: name, value, notes };
    } catch (error) {
      notes.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(notes.join('\n'));
}
