export * from './clock.js';
export * from './domain-error.js';
export * from './ids.js';
export * from './request-context.js';
export * from './signal.js';
export * from './tenant-id.js';
