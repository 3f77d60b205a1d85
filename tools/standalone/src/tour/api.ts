import { mask, type Narrator } from './narrator.js';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Members that are shown cut off: the tour's output is for screens and papers. */
const SECRET_MEMBERS = new Set(['password', 'newPassword', 'accessToken', 'refreshToken', 'secret', 'transaction']);
/** Members that a newcomer need not see to follow the path. */
const QUIET_MEMBERS = new Set(['traceId', 'type', 'createdAt', 'updatedAt']);

/** Calls the platform's public API over HTTP, as any client does, and tells each call. */
export class TourApi {
  private token?: string;

  constructor(
    private readonly baseUrl: string,
    private readonly narrator: Narrator,
  ) {}

  signIn(token: string): void {
    this.token = token;
  }

  /** `show` names the members of a long answer that the tour is about; the head says that others are left out. */
  async call(method: string, path: string, body?: object, show?: readonly string[]): Promise<Answer> {
    this.narrator.message('->', `${method} ${path}`, body === undefined ? undefined : masked(body));
    const answer = await this.send(method, path, body);
    const shown = show && answer.status < 300 ? pick(answer.body, show) : answer.body;
    const head = shown === answer.body ? `${answer.status}` : `${answer.status} (among others)`;
    this.narrator.message('<-', head, masked(shown));
    return answer;
  }

  private async send(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(new URL(path, this.baseUrl), {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }
}

function pick(body: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter(name => name in body).map(name => [name, body[name]]));
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(
    ([key, member]) => !(QUIET_MEMBERS.has(key) && typeof member === 'string'),
  );
  return Object.fromEntries(
    members.map(([key, member]) => [
      key,
      SECRET_MEMBERS.has(key) && typeof member === 'string' ? mask(member) : masked(member),
    ]),
  );
}
