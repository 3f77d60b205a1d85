export type { Login } from './connection-url.js';
export { startPostgres, type EmbeddedPostgres, type StartOptions } from './start-postgres.js';
export type { TestCluster } from './test-run/test-cluster.js';
export { startTestPostgres } from './test-run/test-postgres.js';
