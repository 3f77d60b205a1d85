import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

interface Connection {
  connect(): Promise<unknown>;
}

const PINNED = '2.2.4';
const PATCHED = Symbol.for('countersign.kafkajs.patched');

/**
 * Mends two defects of kafkajs, whose last release this is, in place.
 * @throws Error when kafkajs is another version or no longer built so: the patches must be looked at again
 */
export function patchKafkajs(): void {
  const require = createRequire(import.meta.url);
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== PINNED) throw new Error(`This driver is written for kafkajs ${PINNED}, not ${version}`);
  patch(require('kafkajs/src/network/requestQueue'), 'scheduleCheckPendingRequests', armForPendingOnly);
  patch(require('kafkajs/src/network/connection'), 'connect', shareConnect);
}

/**
 * kafkajs arms a timer for its pending requests even where none is pending, with a negative time: a loop of 1 ms for ever
 * on each connection (tulios/kafkajs#1751), and a warning of Node 24. Here it is armed only for requests that wait.
 */
function armForPendingOnly(original: () => void): (this: RequestQueue) => void {
  return function () {
    if (this.pending.length > 0) original.call(this);
  };
}

/**
 * Requests that find a connection closed each open it, and write to the socket of whoever came last before that is open.
 * Here they share one attempt.
 */
function shareConnect(original: Connection['connect']): Connection['connect'] {
  const connecting = new WeakMap<Connection, Promise<unknown>>();
  return function (this: Connection) {
    const shared = connecting.get(this) ?? original.call(this).finally(() => connecting.delete(this));
    connecting.set(this, shared);
    return shared;
  };
}

function patch<Method>(built: unknown, name: string, mend: (original: Method) => Method): void {
  const { prototype } = built as { prototype: Record<string | symbol, unknown> };
  if (prototype[PATCHED] === true) return;
  if (typeof prototype[name] !== 'function') throw new Error(`kafkajs has no ${name} where this driver patches it`);
  prototype[name] = mend(prototype[name] as Method);
  prototype[PATCHED] = true;
}
