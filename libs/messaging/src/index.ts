export type { DeadLetter } from './consumer/dead-letter.js';
export type { EventServer } from './consumer/event-server.js';
export { Inbox } from './inbox/inbox.js';
export { patchKafkajs } from './kafka/kafkajs-patches.js';
export { Messaging, type MessagingOptions } from './messaging.js';
export { messagingConfig, type MessagingConfig } from './messaging.config.js';
export {
  MessagingOperations,
  type DeadLetterFilter,
  type DeadLetterPage,
  type GroupLag,
  type RedriveRequest,
  type RedriveResult,
  type SeekRequest,
  type SeekResult,
} from './operations/messaging-operations.js';
export { Outbox, type Addition, type AddOptions } from './outbox/outbox.js';
export { busMigrations } from './postgres/migrations/index.js';
