/** An API's answers are no pages: nothing in them may load, run or be framed. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** OWASP's headers for an API; HSTS only where clients come by https, since it would lock them out of plain http. */
export function securityHeaders(publicUrl: string): Record<string, string> {
  return {
    'content-security-policy': NOTHING,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(new URL(publicUrl).protocol === 'https:'
      ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
      : {}),
  };
}
