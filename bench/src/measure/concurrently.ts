/** Does `work` `count` times, `concurrency` at once. @returns how many per second */
export async function concurrently(count: number, concurrency: number, work: () => Promise<unknown>): Promise<number> {
  let begun = 0;
  const lane = async () => {
    while (begun++ < count) await work();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (count * 1_000) / (performance.now() - start);
}
