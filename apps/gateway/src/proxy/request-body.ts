import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { DomainError } from '@countersign/kernel';
import type { Route } from '../routing/route-table.js';

/** How long and how much of a refused body is read and thrown away, so that the client gets to read the refusal. */
const DISCARD_MS = 5_000;
/** Largest body of a call that needs no token: a password, a code, a signed answer. What anybody may send must cost little. */
const PUBLIC_BYTES = 64 * 1024;

export interface BodyLimits {
  jsonBytes: number;
  importBytes: number;
}

/** The body as it is about to be passed on; absent when the request has none. */
export interface BodyPlan {
  maxBytes: number;
  /** A file being imported: free of the deadline. */
  bulk: boolean;
}

/**
 * Checks what can be told of a body before it is read.
 * @throws DomainError 400 `body_not_allowed`, 413 `body_too_large`, 415 `unsupported_media_type`
 */
export function planBody(request: IncomingMessage, route: Route, limits: BodyLimits): BodyPlan | undefined {
  const { headers, method } = request;
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (headers['transfer-encoding'] === undefined && (length === undefined || length === 0)) return undefined;
  if (method === 'GET' || method === 'HEAD') {
    throw new DomainError('body_not_allowed', 'malformed', `A ${method} request has no body; leave it out`);
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw unsupportedMedia('Content-Encoding', 'Send the body uncompressed');
  }
  const mediaType = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (!route.mediaTypes.includes(mediaType)) {
    throw unsupportedMedia('Content-Type', `Send the body as ${route.mediaTypes.join(' or ')}`);
  }
  const bulk = route.bulkTypes.includes(mediaType);
  const jsonBytes = route.public ? Math.min(PUBLIC_BYTES, limits.jsonBytes) : limits.jsonBytes;
  const maxBytes = bulk ? limits.importBytes : jsonBytes;
  if (length !== undefined && length > maxBytes) throw tooLarge(maxBytes);
  return { maxBytes, bulk };
}

/** Lets a body through as it comes, byte for byte, and fails at the byte that is one too many. */
export class BodyLimiter extends Transform {
  private seen = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.seen += chunk.length;
    if (this.seen > this.maxBytes) done(tooLarge(this.maxBytes));
    else done(null, chunk);
  }
}

/**
 * Reads on, for a bounded time, what a client still sends of a body that nobody wants: closing at once would reset the
 * connection, and the client would see that instead of the answer.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), DISCARD_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.resume();
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('body_too_large', 'too_large', `The body is larger than ${maxBytes} bytes`);
}

function unsupportedMedia(header: string, message: string): DomainError {
  return new DomainError('unsupported_media_type', 'unsupported_media', message, {
    errors: [{ pointer: header, code: 'unsupported', message }],
  });
}
