import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { COUNTERSIGN_1 } from './group-protocol.js';

const seeks = [{ id: 'x', topic: 'a', partition: 1, offset: 5 }];

describe('the group protocol', () => {
  it('reads what it writes', () => {
    const subscription = { topics: ['a', 'b'], owned: { a: [0, 11] }, generation: 4, seeks };
    expect(COUNTERSIGN_1.decodeSubscription(COUNTERSIGN_1.encodeSubscription(subscription))).toEqual(subscription);
    const assignment = { partitions: { a: [0, 2], b: [1] }, seeks };
    expect(COUNTERSIGN_1.decodeAssignment(COUNTERSIGN_1.encodeAssignment(assignment))).toEqual(assignment);
  });

  it("shows Kafka's tools the topics and partitions", () => {
    const subscription = COUNTERSIGN_1.encodeSubscription({ topics: ['a'], owned: {}, generation: -1, seeks: [] });
    expect(AssignerProtocol.MemberMetadata.decode(subscription)).toMatchObject({ version: 0, topics: ['a'] });
    const assignment = COUNTERSIGN_1.encodeAssignment({ partitions: { a: [3] }, seeks: [] });
    expect(AssignerProtocol.MemberAssignment.decode(assignment)).toMatchObject({ assignment: { a: [3] } });
  });

  it('takes an empty assignment for none', () => {
    expect(COUNTERSIGN_1.decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: {}, seeks: [] });
  });
});
