import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partitioner.js';

/** Key, hash and partition of 12 as kafkajs 2.2.4 gives them (`Partitioners.DefaultPartitioner`, the Java client's). */
const VECTORS: [string, number, number][] = [
  ['a', -1563381124, 4],
  ['ab', 316155434, 2],
  ['abc', 479470107, 3],
  ['abcd', -1323649548, 8],
  ['acme/usr_01kb8', 996639986, 2],
  ['acme/usr_01kb8z4f0r7q2m5n', 1007627132, 8],
  ['globex/grp_01', 2046410182, 10],
  ['zürich/ü', 1628667358, 10],
  ['日本語', 1431860170, 10],
  ['😀', 131881617, 9],
  [`acme/${'x'.repeat(200)}`, 661653589, 1],
  ['initech/tsk_9', -2111179864, 4],
];

describe('partitionOf', () => {
  it.each(VECTORS)('puts %j where Kafka clients put it', (key, hash, partition) => {
    expect(murmur2(key)).toBe(hash);
    expect(partitionOf(key, 12)).toBe(partition);
  });

  it('spreads the keys of one tenant over all partitions', () => {
    const sizes = new Array<number>(12).fill(0);
    for (let n = 0; n < 12_000; n++) sizes[partitionOf(`acme/usr_${n}`, 12)]!++;
    for (const size of sizes) expect(size).toBeGreaterThan(800);
  });
});
