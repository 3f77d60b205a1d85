import { z } from 'zod';

export interface OauthClient {
  url: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
}

/** The authorization server gave no token; the message has its answer. */
export class OauthFailure extends Error {
  override readonly name = 'OauthFailure';
}

/** RFC 6749, section 5.1. */
const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().default(300) });
const TIMEOUT_MS = 5_000;

/**
 * Tokens of the client credentials grant (RFC 6749, section 4.4), each used until four fifths of its life are over.
 * Connections that ask at the same time share one request.
 * @throws OauthFailure
 */
export function oauthTokens(client: OauthClient, now = () => performance.now()): () => Promise<{ value: string }> {
  let held: { value: string; renewAt: number } | undefined;
  let asking: Promise<{ value: string }> | undefined;
  const renew = async () => {
    const asked = now();
    const answer = await requestToken(client);
    held = { value: answer.access_token, renewAt: asked + answer.expires_in * 800 };
    return held;
  };
  return () => {
    if (held && now() < held.renewAt) return Promise.resolve({ value: held.value });
    asking ??= renew().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function requestToken({ url, clientId, clientSecret, scope }: OauthClient) {
  const encode = (text: string) => encodeURIComponent(text);
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${(await response.text()).slice(0, 200)}`);
    return answerSchema.parse(await response.json());
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    throw new OauthFailure(`No token from KAFKA_OAUTH_TOKEN_URL: ${cause?.message ?? (error as Error).message}`);
  }
}
