import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

const PINNED = '2.2.4';
const PATCHED = Symbol.for('countersign.kafkajs.request-queue');

/**
 * kafkajs arms a timer for its pending requests even where none is pending, with a negative time: a loop of 1 ms for ever
 * on each connection (tulios/kafkajs#1751), and a warning of Node 24. Here it is armed only for requests that wait.
 * @throws Error when kafkajs is another version or no longer built so: the patch must be looked at again
 */
export function patchRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== PINNED) throw new Error(`This driver is written for kafkajs ${PINNED}, not ${version}`);
  const { prototype } = require('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue & Record<symbol, true>;
  };
  if (prototype[PATCHED]) return;
  const original = prototype.scheduleCheckPendingRequests;
  if (typeof original !== 'function') throw new Error('kafkajs has no RequestQueue.scheduleCheckPendingRequests');
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
  prototype[PATCHED] = true;
}
