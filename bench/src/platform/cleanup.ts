/** Takes what undoes something, for the end. */
export type Later = (undo: () => Promise<unknown> | void) => void;

/** What a benchmark has started, ended in the opposite order whether it succeeds or not. */
export async function withCleanup<T>(work: (later: Later) => Promise<T>): Promise<T> {
  const undos: (() => Promise<unknown> | void)[] = [];
  try {
    return await work(undo => undos.push(undo));
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}
