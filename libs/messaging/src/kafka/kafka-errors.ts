/** The member is out of its group, or its group is not in the generation that the member names. */
const FENCED = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'REBALANCE_IN_PROGRESS']);
/**
 * The group has moved on with the member in it: a coordinator takes nobody into a generation who has not asked to join it, and
 * each such request names what the member has. So that is nobody else's.
 */
const BEHIND = new Set(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);
/** The leaders are others than the client believes, or not there yet: as good as the connection is, it has to look again. */
const STALE = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
/** A broker's answers after which the connection is as good as before. */
const ANSWERS = new Set([
  ...FENCED,
  ...STALE,
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'OFFSET_OUT_OF_RANGE',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_REPLICATION_FACTOR',
  'TOPIC_ALREADY_EXISTS',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);

/** Kafka's name of a protocol error, as `UNKNOWN_MEMBER_ID`; undefined for other errors. */
export function errorType(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { type } = cause as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return undefined;
}

/** Whether the connections may be used on after the error. */
export function keepsLink(error: unknown): boolean {
  if ((error as Error).name === 'KafkaJSAggregateError') return true;
  const type = errorType(error);
  return type !== undefined && ANSWERS.has(type);
}

export function isStale(error: unknown): boolean {
  const type = errorType(error);
  return type !== undefined && STALE.has(type);
}

/** Whether the group did not take a request because of the generation or member that it names. */
export function isFenced(error: unknown): boolean {
  const type = errorType(error);
  return type !== undefined && FENCED.has(type);
}

/** Whether a member that is told so has only to join again, and keeps what it has. */
export function isBehind(type: string | undefined): boolean {
  return type !== undefined && BEHIND.has(type);
}
