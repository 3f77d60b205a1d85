import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './group-protocol.js';

const seeks = [{ id: 'x', topic: 'a', partition: 1, offset: 5 }];

describe('the group protocol', () => {
  it('reads what it writes', () => {
    const subscription = { topics: ['a', 'b'], owned: { a: [0, 11] }, generation: 4, seeks };
    expect(decodeSubscription(encodeSubscription(subscription))).toEqual(subscription);
    const assignment = { partitions: { a: [0, 2], b: [1] }, seeks };
    expect(decodeAssignment(encodeAssignment(assignment))).toEqual(assignment);
  });

  it("shows Kafka's tools the topics and partitions", () => {
    const subscription = encodeSubscription({ topics: ['a'], owned: {}, generation: -1, seeks: [] });
    expect(AssignerProtocol.MemberMetadata.decode(subscription)).toMatchObject({ version: 0, topics: ['a'] });
    const assignment = encodeAssignment({ partitions: { a: [3] }, seeks: [] });
    expect(AssignerProtocol.MemberAssignment.decode(assignment)).toMatchObject({ assignment: { a: [3] } });
  });

  it('takes an empty assignment for none', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: {}, seeks: [] });
  });
});
