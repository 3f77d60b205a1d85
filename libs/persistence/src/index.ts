export * from './data-source.js';
export * from './postgres.config.js';
export * from './provision-database.js';
export * from './retry.js';
export * from './roles.js';
export * from './row-level-security.js';
export * from './standard-tables.js';
export * from './unit-of-work.js';
