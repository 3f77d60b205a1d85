import { Agent } from 'undici';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** One caller of the platform's API, over connections that it keeps. */
export class ApiClient {
  private readonly agent = new Agent({ connections: 64, headersTimeout: 60_000, bodyTimeout: 60_000 });

  constructor(
    readonly baseUrl: string,
    private readonly token?: string,
  ) {}

  /** @throws Error with the answer's text when the status is another one */
  async send<T>(method: 'POST' | 'GET' | 'PATCH', path: string, expected: number, body?: unknown): Promise<T> {
    const answer = await this.agent.request({
      origin: this.baseUrl,
      path,
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== expected) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}
