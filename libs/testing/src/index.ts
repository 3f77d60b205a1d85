export { RecordingUnitOfWork, type Ran } from './database/recording-unit-of-work.js';
export {
  createTestDatabase,
  type DatabaseOfService,
  type TestDatabase,
  type TestDatabaseOptions,
} from './database/service-database.js';
export * from './eventually.js';
export { answers, type ReceiverAnswer } from './receiver/receiver-answer.js';
export * from './receiver/test-certificates.js';
export * from './receiver/webhook-receiver.js';
export * from './service/api-client.js';
export * from './service/fake-authority.js';
export * from './service/service-keys.js';
export * from './service/start-test-service.js';
export type { TokenClaims } from './service/token-issuer.js';
export {
  describeDatabase,
  type DescribeDatabaseOptions,
  type RepositoryAttempt,
} from './conformance/describe-database.js';
