/** The two things that are compared, each measured once per repeat. */
export interface Contestants<S, B> {
  subject(): Promise<S>;
  baseline(): Promise<B>;
}

/**
 * Measures both by turns, and every other time in the opposite order, so that a machine that becomes slower or busier in the
 * middle of a run is as slow for one as for the other.
 */
export async function interleave<S, B>(
  repeats: number,
  { subject, baseline }: Contestants<S, B>,
): Promise<{ subject: S; baseline: B }[]> {
  const pairs: { subject: S; baseline: B }[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    if (repeat % 2 === 0) pairs.push({ baseline: await baseline(), subject: await subject() });
    else pairs.push({ subject: await subject(), baseline: await baseline() });
  }
  return pairs;
}
