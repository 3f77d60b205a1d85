import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReceivedCall } from './received-call.js';

/** What the receiver does with one call. It may return another behaviour, which then plays. */
export type Behaviour = (call: ReceivedCall, response: ServerResponse) => unknown;

/** Answers with JSON. */
export function json(body: unknown, status = 200): Behaviour {
  return (_call, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

/** Answers with text of any media type. */
export function text(body: string, status = 200, type = 'text/plain'): Behaviour {
  return (_call, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

/** Answers with a status and no body. */
export function status(code: number, headers: Record<string, string> = {}): Behaviour {
  return (_call, response) => {
    response.writeHead(code, headers).end();
  };
}

/** Sends the request's own body back, byte by byte. */
export function echo(): Behaviour {
  return (call, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(call.body);
  };
}

/** Never answers; the connection stays open until the caller closes it. */
export function hang(): Behaviour {
  return () => undefined;
}

/** Answers after a time. */
export function delayed(ms: number, then: Behaviour): Behaviour {
  return async (call, response) => {
    await pause(ms);
    await then(call, response);
  };
}

/** Promises a JSON body, sends its beginning and cuts the connection. */
export function dieMidAnswer(): Behaviour {
  return (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"response": {"data"', () => response.socket?.destroy());
  };
}

/** Answers with a valid JSON object of that many bytes, as fast as the caller reads. */
export function hugeAnswer(bytes: number): Behaviour {
  return async (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = 'x'.repeat(1 << 20);
    response.write('{"response":{},"padding":"');
    for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
      if (!response.write(chunk)) {
        await new Promise<void>(resolve => {
          response.once('drain', resolve);
          response.once('close', resolve);
        });
      }
    }
    if (!response.destroyed) response.end('"}');
  };
}

export function redirect(location: string, code = 307): Behaviour {
  return status(code, { location });
}

/** The behaviours one after the other; the last one stays. */
export function sequence(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0;
  return (call, response) => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)];
    next += 1;
    return behaviour?.(call, response);
  };
}
