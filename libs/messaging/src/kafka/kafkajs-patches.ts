import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

interface Connection {
  connect(): Promise<unknown>;
}

interface Metadata {
  topicMetadata: { topicErrorCode: number; partitionMetadata: { partitionErrorCode: number }[] }[];
}

interface MetadataResponse {
  parse(answer: Metadata): Promise<Metadata>;
}

const PINNED = '2.2.4';
const METADATA_VERSIONS = [0, 1, 2, 3, 4, 5, 6];
const PATCHED = Symbol.for('countersign.kafkajs.patched');

/**
 * Mends three defects of kafkajs, whose last release this is, in place.
 * @throws Error when kafkajs is another version or no longer built so: the patches must be looked at again
 */
export function patchKafkajs(): void {
  const require = createRequire(import.meta.url);
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== PINNED) throw new Error(`This driver is written for kafkajs ${PINNED}, not ${version}`);
  patch(require('kafkajs/src/network/requestQueue'), 'scheduleCheckPendingRequests', armForPendingOnly);
  patch(require('kafkajs/src/network/connection'), 'connect', shareConnect);
  for (const api of METADATA_VERSIONS)
    patch({ prototype: require(`kafkajs/src/protocol/requests/metadata/v${api}/response`) }, 'parse', takeOrphans);
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

/**
 * For a partition that has no leader at the moment kafkajs refuses the whole answer, whosever topic it is: one of a stranger's
 * in the same cluster would shut this driver out. Here it is an entry like the others, whose leader is -1.
 */
function takeOrphans(original: MetadataResponse['parse']): MetadataResponse['parse'] {
  return answer => {
    for (const { partitionMetadata } of answer.topicMetadata)
      for (const partition of partitionMetadata) partition.partitionErrorCode = 0;
    return original(answer);
  };
}

function patch<Method>(built: unknown, name: string, mend: (original: Method) => Method): void {
  const { prototype } = built as { prototype: Record<string | symbol, unknown> };
  if (prototype[PATCHED] === true) return;
  if (typeof prototype[name] !== 'function') throw new Error(`kafkajs has no ${name} where this driver patches it`);
  prototype[name] = mend(prototype[name] as Method);
  prototype[PATCHED] = true;
}
