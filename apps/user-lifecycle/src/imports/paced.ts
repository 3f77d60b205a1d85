import { setImmediate as turn } from 'node:timers/promises';

/** So much is worked on at a stretch, in bytes: some milliseconds, whatever stands there. */
const STRETCH = 16 * 1024;

/**
 * The bytes in short stretches, between which everything else in the process has its turn: what is read of a file, by whom
 * ever it was made, must not keep others waiting.
 */
export async function* paced(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += STRETCH) {
      yield chunk.subarray(at, at + STRETCH);
      await turn();
    }
  }
}
