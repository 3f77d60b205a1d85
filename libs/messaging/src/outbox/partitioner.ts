const M = 0x5bd1e995;
const SEED = 0x9747b28c;

/**
 * MurmurHash2 with Kafka's seed over the key's UTF-8 bytes, as a signed 32-bit number.
 * Source: org.apache.kafka.common.utils.Utils.murmur2.
 */
export function murmur2(key: string): number {
  const data = Buffer.from(key, 'utf8');
  let h = SEED ^ data.length;
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    let k = Math.imul(data.readInt32LE(at), M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = data.length - at;
  if (rest === 3) h ^= data[at + 2]! << 16;
  if (rest >= 2) h ^= data[at + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[at]!, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** The partition of a key: the one that Kafka's Java client and kafkajs choose, so a log can move between drivers. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
