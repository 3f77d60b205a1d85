import { randomBytes } from 'node:crypto';

/** A prefix that no other test has: topics and groups of tests that share a cluster are apart. */
export function newPrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}
