import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { RequestTimeoutException } from '@nestjs/common';
import { malformedFile } from './malformed-file.js';

/** How long a client may send nothing before it is given up, in milliseconds. */
const SILENCE_MS = 60_000;

/** The bytes of a body as they come, at the pace at which they are taken, with a digest of all of them in the end. */
export class ReceivedBytes implements AsyncIterable<Buffer> {
  private readonly hash = createHash('sha256');

  constructor(
    private readonly body: Readable,
    private readonly silenceMs = SILENCE_MS,
  ) {}

  /** SHA-256 of the whole body, once it is over. */
  digest(): string {
    return this.hash.digest('hex');
  }

  /** @throws DomainError 400 `body_incomplete` when the body breaks off, HttpException 408 when it stops coming */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const chunks = (this.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.next(chunks);
        if (done) return;
        this.hash.update(value);
        yield value;
      }
    } finally {
      await chunks.return?.();
    }
  }

  /** The time runs only while a chunk is waited for, not while the one before is worked on. */
  private async next(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer, undefined>> {
    const silent = new RequestTimeoutException(`Nothing came for ${this.silenceMs / 1000} s; send the file again`);
    const timer = setTimeout(() => this.body.destroy(silent), this.silenceMs);
    try {
      return (await chunks.next()) as IteratorResult<Buffer, undefined>;
    } catch (error) {
      if (error === silent) throw error;
      throw malformedFile('body_incomplete', 1, 'The body broke off before its end; send the file again');
    } finally {
      clearTimeout(timer);
    }
  }
}
