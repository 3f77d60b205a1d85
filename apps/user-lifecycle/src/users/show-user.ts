import type { User } from '@countersign/contracts';
import { etagOf } from '@countersign/platform';
import type { FastifyReply } from 'fastify';

/** A user as the API answers it. */
export type ShownUser = User & { dryRun?: true };

/** The answer with its entity tag; a dry run shows what would be, which has no tag. */
export function showUser(reply: FastifyReply, user: User, dryRun = false): ShownUser {
  if (dryRun) return { ...user, dryRun };
  reply.header('etag', etagOf(user.version));
  return user;
}
