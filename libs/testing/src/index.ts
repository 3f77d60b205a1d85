export { startTestPostgres, type TestCluster } from '@countersign/embedded-postgres';
export * from './database/service-database.js';
export * from './eventually.js';
