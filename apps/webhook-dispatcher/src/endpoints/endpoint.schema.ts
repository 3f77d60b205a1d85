import { FAILURE_POLICIES, roleSchema } from '@countersign/contracts';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** Names that an endpoint's own headers may not have (webhooks.json, `headers`). */
const RESERVED_HEADER =
  /^(authorization|host|content-.*|webhook-.*|x-countersign-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|traceparent|tracestate|date)$/i;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;

/** Which headers of an endpoint are refused, each with its reason. Meaning, not form: answered with 422. */
export function refusedHeaders(headers: Readonly<Record<string, string>>): { name: string; message: string }[] {
  const seen = new Set<string>();
  return Object.keys(headers).flatMap(name => {
    const lower = name.toLowerCase();
    if (RESERVED_HEADER.test(name))
      return [{ name, message: `${name} is set by the platform or the connection; leave it out` }];
    if (!HEADER_NAME.test(name)) return [{ name, message: `${name} is no header name` }];
    if (!HEADER_VALUE.test(headers[name]!))
      return [{ name, message: `The value of ${name} has characters that a header cannot carry` }];
    if (seen.has(lower)) return [{ name, message: `${name} is given twice in different spelling` }];
    seen.add(lower);
    return [];
  });
}

/** Whether `auth` may send a header of that name: Authorization is what it is for, all else is as for `headers`. */
export function isAuthHeaderAllowed(name: string): boolean {
  return name.toLowerCase() === 'authorization' || !RESERVED_HEADER.test(name);
}

/** @returns why the text is no list of PEM certificates, or undefined when it is */
export function caBundleError(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'There is no PEM certificate (-----BEGIN CERTIFICATE-----) in it';
  const rest = blocks.reduce((text, block) => text.replace(block, ''), pem);
  if (rest.includes('PRIVATE KEY')) return 'It holds a private key; send the certificates only';
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return 'One of its certificates cannot be read';
  }
  return undefined;
}

export const endpointHookSchema = z.strictObject({
  hook: z.string().min(1).max(64),
  mode: z.enum(['decide', 'enrich', 'notify', 'shadow']).optional(),
  failurePolicy: z.enum(FAILURE_POLICIES).nullish(),
  timeoutMs: z.number().int().min(100).max(30_000).optional(),
  path: z
    .string()
    .max(256)
    .regex(/^(\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+$/, 'a path such as /validateUser')
    .refine(
      path => !path.split('/').some(segment => segment === '.' || segment === '..'),
      'a path without . and .. segments',
    )
    .optional(),
});

/**
 * Credentials of the receiver's own. Where they are sent as Authorization, the platform's token goes in
 * x-countersign-authorization instead.
 */
export const endpointAuthSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('basic'),
    username: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^:]*$/, 'a name without a colon'),
    password: z.string().max(1024),
  }),
  z.strictObject({
    type: z.literal('bearer'),
    token: z
      .string()
      .min(1)
      .max(4096)
      .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters'),
  }),
  z.strictObject({
    type: z.literal('header'),
    name: z.string().regex(HEADER_NAME, 'a header name').default('authorization'),
    value: z
      .string()
      .min(1)
      .max(4096)
      .regex(/^[\x20-\x7e]+$/, 'printable ASCII characters'),
  }),
]);
export type EndpointAuth = z.output<typeof endpointAuthSchema>;

const tokenSchema = z.strictObject({
  roles: z.array(roleSchema).min(1).max(5).default(['AUDITOR']),
  ttlSeconds: z.number().int().min(60).max(86_400).default(3_600),
});

const shape = {
  name: z.string().trim().min(1).max(128),
  url: z.string().min(1).max(2048),
  enabled: z.boolean(),
  hooks: z.array(endpointHookSchema).max(64),
  headers: z.record(z.string().max(128), z.string().max(4096)),
  auth: endpointAuthSchema.nullable(),
  token: tokenSchema,
  caBundle: z.string().max(65_536).nullable(),
  echo: z.boolean(),
  ordered: z.boolean(),
  retry: z
    .strictObject({
      schedule: z
        .array(z.number().int().min(1).max(86_400))
        .max(50)
        .refine(
          schedule => schedule.reduce((sum, wait) => sum + wait, 0) <= 7 * 86_400,
          'waits of at most 7 days in all',
        ),
    })
    .nullable(),
  rateLimit: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .describe('first attempts and retries per second, per replica'),
  maxConcurrency: z.number().int().min(1).max(64).nullable(),
};

export const createEndpointSchema = z.strictObject({
  ...shape,
  enabled: shape.enabled.default(true),
  hooks: shape.hooks.default([]),
  headers: shape.headers.default({}),
  auth: shape.auth.default(null),
  token: tokenSchema.default({ roles: ['AUDITOR'], ttlSeconds: 3_600 }),
  caBundle: shape.caBundle.default(null),
  echo: shape.echo.default(false),
  ordered: shape.ordered.default(false),
  retry: shape.retry.default(null),
  rateLimit: shape.rateLimit.default(null),
  maxConcurrency: shape.maxConcurrency.default(null),
});
export type EndpointSettings = z.output<typeof createEndpointSchema>;

/** Merge patch: what is absent stays; `headers` are merged by name, null takes one out; lists are replaced. */
export const updateEndpointSchema = z
  .strictObject({
    ...shape,
    headers: z.record(z.string().max(128), z.string().max(4096).nullable()).nullable(),
    token: z.strictObject({
      roles: z.array(roleSchema).min(1).max(5).optional(),
      ttlSeconds: z.number().int().min(60).max(86_400).optional(),
    }),
  })
  .partial();
export type EndpointPatch = z.output<typeof updateEndpointSchema>;

export const saveQuerySchema = z.strictObject({ test: z.enum(['true', 'false']).optional() });
export const endpointIdSchema = z.string().regex(/^ep_[0-9a-z_]{1,60}$/);

const MASK = '***';

/** What the API shows: secrets are masked, an endpoint's own header names stay. */
export const endpointSchema = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  hooks: z.array(
    z.object({
      hook: z.string(),
      mode: z.string(),
      failurePolicy: z.string().nullable(),
      timeoutMs: z.number().int(),
      path: z.string(),
    }),
  ),
  headers: z.record(z.string(), z.string()),
  auth: z.object({ type: z.string(), username: z.string().optional(), name: z.string().optional() }).nullable(),
  token: z.object({ roles: z.array(roleSchema), ttlSeconds: z.number().int() }),
  caBundle: z.string().nullable(),
  echo: z.boolean(),
  ordered: z.boolean(),
  retry: z.object({ schedule: z.array(z.number().int()) }).nullable(),
  rateLimit: z.number().int().nullable(),
  maxConcurrency: z.number().int().nullable(),
  breaker: z.object({ state: z.enum(['closed', 'open', 'half_open']), openUntil: z.iso.datetime().nullable() }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  version: z.number().int(),
});

export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map(name => [name, MASK]));
}

export const testResultSchema = z.object({
  ok: z.boolean(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  response: z
    .object({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.string() })
    .nullable(),
  latencyMs: z.number().int(),
  error: z.string().optional(),
});
export type TestResult = z.output<typeof testResultSchema>;

export const savedEndpointSchema = endpointSchema.extend({ test: testResultSchema.optional() });
export const createdEndpointSchema = savedEndpointSchema.extend({ secret: z.string() });
export const rotatedSecretSchema = z.object({ secret: z.string(), previousValidUntil: z.iso.datetime() });
export const shownSecretSchema = z.object({ secret: z.string() });
export const statsSchema = z.array(
  z.object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    p95Ms: z.number().nullable(),
  }),
);
