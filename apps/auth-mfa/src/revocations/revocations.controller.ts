import { Readable } from 'node:stream';
import { Internal } from '@countersign/platform';
import { Controller, Get, Header, Query, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { RevocationFeed } from './revocation-feed.js';

const querySchema = z.strictObject({ cursor: z.string().max(64).default('') });
/** A follower that leaves so many bytes unread is cut off; it comes back with its cursor. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

@Controller('internal/revocations')
@Internal('gateway', 'auth-mfa', 'user-lifecycle', 'webhook-dispatcher', 'workflow-engine', 'notifier')
export class RevocationsController {
  constructor(private readonly feed: RevocationFeed) {}

  /**
   * NDJSON of revocationLineSchema, without end; every service follows it. The connection serves nothing else: kept alive
   * after the stream's end it would hold up the stop of this service.
   */
  @Get()
  @Header('connection', 'close')
  stream(@Query({ schema: querySchema }) { cursor }: z.output<typeof querySchema>): StreamableFile {
    let leave: (() => void) | undefined;
    const stream = new Readable({
      read: () => undefined,
      destroy: (error, done) => {
        leave?.();
        done(error);
      },
    });
    this.feed
      .follow(cursor, {
        send: line => {
          if (stream.destroyed || stream.readableEnded) return;
          stream.push(`${JSON.stringify(line)}\n`);
          if (stream.readableLength > MAX_UNREAD_BYTES) stream.destroy();
        },
        end: () => void (stream.destroyed || stream.push(null)),
      })
      .then(
        stop => (stream.destroyed ? stop() : (leave = stop)),
        // The database is away: the follower hears nothing, which says just that, and asks again.
        () => stream.destroy(),
      );
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}
