export type { Login } from './connection-url.js';
export { startPostgres, type EmbeddedPostgres, type StartOptions } from './start-postgres.js';
