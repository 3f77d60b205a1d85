/** The services behind the gateway, and the variable of the configuration that says where each listens. */
export const SERVICES = {
  'auth-mfa': { prefix: 'AuthMfa', title: 'Authentication', url: 'AUTH_MFA_URL' },
  'user-lifecycle': { prefix: 'UserLifecycle', title: 'Users and groups', url: 'USER_LIFECYCLE_URL' },
  'webhook-dispatcher': { prefix: 'WebhookDispatcher', title: 'Webhooks', url: 'WEBHOOK_DISPATCHER_URL' },
} as const;

export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];

/**
 * Paths that are open without an access token: they prove who calls in another way (password, transaction, refresh token), or
 * are public. A last segment `**` stands for everything below. Every other path of every service needs a token.
 */
const PUBLIC_PATHS = [
  '/.well-known/jwks.json',
  '/v1/login',
  '/v1/login/**',
  '/v1/token/**',
  // The gateway's own pages.
  '/',
  '/docs',
  '/healthz',
  '/openapi.json',
  '/readyz',
] as const;

export function isPublicPath(path: string): boolean {
  return PUBLIC_PATHS.some(open => (open.endsWith('/**') ? path.startsWith(open.slice(0, -2)) : path === open));
}
