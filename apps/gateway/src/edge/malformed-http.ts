import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { childTraceparent, traceIdOf } from '@countersign/kernel';

const REFUSALS: Record<string, { status: number; code: string; detail: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers_too_large',
    detail: 'The headers are larger than 16 KiB together',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'body_too_large', detail: 'The chunk extensions are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'request_timeout', detail: 'The request did not arrive in time' },
};
const OTHER = { status: 400, code: 'malformed_request', detail: 'This is no HTTP/1.1 request' };

/** The problem document for bytes that are no request; the connection is of no use after that. Answers the status. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, headers: Record<string, string>): number {
  const { status, code, detail } = REFUSALS[error.code ?? ''] ?? OTHER;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return status;
  }
  const title = STATUS_CODES[status]!;
  const body = JSON.stringify({
    type: `https://countersign.dev/problems/${code}`,
    title,
    status,
    code,
    detail,
    traceId: traceIdOf(childTraceparent()),
  });
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  return status;
}
