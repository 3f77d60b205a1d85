import { z } from 'zod';

export const ATTRIBUTE_TYPES = ['string', 'number', 'boolean', 'date', 'enum'] as const;

/** Members that every body loses before it is read, because they could reach a prototype. */
const DROPPED: readonly string[] = ['constructor', 'prototype'];

/** One of the tenant's own typed attributes of users. */
export const attributeDefinitionSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'a letter, then up to 63 letters, digits or underscores')
    .refine(name => !DROPPED.includes(name), `no attribute is named ${DROPPED.join(' or ')}`)
    .describe('the key under `attributes` of a user'),
  type: z.enum(ATTRIBUTE_TYPES).describe('`date` is an RFC 3339 full-date such as 2026-01-31'),
  required: z.boolean().default(false).describe('a new user must have it, and no update may clear it'),
  unique: z
    .boolean()
    .default(false)
    .describe('no two users of the tenant have the same value (NFKC, without regard to case)'),
  values: z.array(z.string().min(1).max(256)).min(1).max(500).optional().describe('the values of an `enum`'),
});
export type AttributeDefinition = z.output<typeof attributeDefinitionSchema>;

export const putAttributesSchema = z.strictObject({ attributes: z.array(attributeDefinitionSchema).max(200) });
export const attributesSchema = z.object({ attributes: z.array(attributeDefinitionSchema) });

/** The tenant's attributes with the version that an entity tag shows. */
export interface AttributeCatalog {
  attributes: AttributeDefinition[];
  version: number;
}
