import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What a receiver does with a request. */
export type ReceiverAnswer =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string | Buffer }
  | { kind: 'hang' }
  | { kind: 'die'; beforeHeaders: boolean }
  | { kind: 'drip'; everyMs: number }
  | { kind: 'flood'; bytes: number; status: number };

/** The ways a webhook's receiver behaves, the bad ones included. */
export const answers = {
  json: (body: unknown, status = 200, headers: Record<string, string> = {}): ReceiverAnswer => ({
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }),
  text: (body: string | Buffer, status = 200, headers: Record<string, string> = {}): ReceiverAnswer => ({
    kind: 'answer',
    status,
    headers: { 'content-type': 'text/plain', ...headers },
    body,
  }),
  status: (status: number, headers: Record<string, string> = {}): ReceiverAnswer => ({
    kind: 'answer',
    status,
    headers,
    body: '',
  }),
  redirect: (location: string, status = 302): ReceiverAnswer => ({
    kind: 'answer',
    status,
    headers: { location },
    body: '',
  }),
  /** Takes the request and never answers. */
  hang: (): ReceiverAnswer => ({ kind: 'hang' }),
  /** Cuts the connection: in the middle of the body, or before anything was sent. */
  die: (options: { beforeHeaders?: boolean } = {}): ReceiverAnswer => ({
    kind: 'die',
    beforeHeaders: options.beforeHeaders ?? false,
  }),
  /** Sends a byte now and then, and never ends. */
  drip: (everyMs = 50): ReceiverAnswer => ({ kind: 'drip', everyMs }),
  /** A 200 of so many bytes of one JSON string; default 50 MiB. */
  flood: (bytes = 50 * 1024 * 1024, status = 200): ReceiverAnswer => ({ kind: 'flood', bytes, status }),
};

export async function sendAnswer(response: ServerResponse, answer: ReceiverAnswer): Promise<void> {
  switch (answer.kind) {
    case 'answer':
      response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body), ...answer.headers });
      response.end(answer.body);
      return;
    case 'hang':
      return;
    case 'die':
      if (!answer.beforeHeaders) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        // Out of this process before the connection goes, or the caller never sees the beginning.
        await new Promise(resolve => response.write('{"user":{"login":', resolve));
      }
      response.socket?.destroy();
      return;
    case 'drip':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('"');
      while (!response.destroyed && !response.closed) {
        response.write('.');
        await delay(answer.everyMs);
      }
      return;
    case 'flood': {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, 'x');
      response.write('"');
      for (let left = answer.bytes - 2; left > 0 && !response.destroyed && !response.closed; left -= chunk.length) {
        const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
        if (!response.write(part)) await drained(response);
      }
      response.end('"');
    }
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
