import { z } from 'zod';
import { defineEvent } from '../define-event.js';

export const groupSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  version: z.number().int().min(1),
});

export const groupStateSchema = z.object({ group: groupSchema, aggregateVersion: z.number().int().min(1) });

const groupEvent = <T extends string>(type: T, isPublic = true) =>
  defineEvent({ type, version: 1, schema: groupStateSchema, topic: 'iam.group.events.v1', public: isPublic });

export const GroupCreated = groupEvent('group.created');
export const GroupUpdated = groupEvent('group.updated');
export const GroupDeleted = groupEvent('group.deleted');
/** Current state re-emitted by `countersign republish`; for read models only. */
export const GroupSnapshot = groupEvent('group.snapshot', false);
