import { connect } from 'node:net';

/** Asks for no topics, in version 1 of Metadata (Kafka protocol guide): size, key 3, version, correlation id, no client id, an empty list. */
const METADATA_REQUEST = Buffer.from('0000000e0003000100000001ffff00000000', 'hex');

/**
 * Whether a broker answers on a plain listener and is ready for clients: it counts itself among the cluster's brokers only
 * when it has caught up with the metadata.
 */
export function isReady(host: string, port: number, timeoutMs = 2_000): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    let answer = Buffer.alloc(0);
    const settle = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('connect', () => socket.write(METADATA_REQUEST));
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk]);
      // Size, correlation id, then the number of brokers.
      if (answer.length >= 12) settle(answer.readInt32BE(8) > 0);
    });
  });
}
