import { Agent } from 'undici';

export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact text. */
  readonly text: string;
  /** The parsed JSON; undefined for an empty body or another media type. */
  readonly body: T;
}

export interface ApiRequest {
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const sharedAgent = new Agent({
  connections: 64,
  keepAliveTimeout: 5_000,
  headersTimeout: 45_000,
  bodyTimeout: 45_000,
});

/** A client of the platform as one caller: paths go out byte by byte as they are given, nothing is retried or followed. */
export class ApiClient {
  constructor(
    readonly baseUrl: string,
    readonly token?: string,
    private readonly agent: Agent = sharedAgent,
  ) {}

  /** The same platform as another caller; none without a token. */
  as(token?: string): ApiClient {
    return new ApiClient(this.baseUrl, token, this.agent);
  }

  /** The same caller from another address of this machine, e.g. 127.0.0.2. */
  from(localAddress: string | undefined): ApiClient {
    return new ApiClient(this.baseUrl, this.token, new Agent({ connections: 64, localAddress }));
  }

  get<T>(path: string, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer<T>> {
    return this.send<T>('GET', path, { headers });
  }

  post<T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer<T>> {
    return this.send<T>('POST', path, { body, headers });
  }

  put<T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer<T>> {
    return this.send<T>('PUT', path, { body, headers });
  }

  patch<T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer<T>> {
    return this.send<T>('PATCH', path, {
      body,
      headers: { 'content-type': 'application/merge-patch+json', ...headers },
    });
  }

  delete<T>(path: string, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer<T>> {
    return this.send<T>('DELETE', path, { headers });
  }

  async send<T>(method: string, path: string, { body, raw, headers }: ApiRequest = {}): Promise<ApiAnswer<T>> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await this.agent.request({
      origin: this.baseUrl,
      path,
      method: method as 'GET',
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(payload === undefined || raw !== undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: payload,
    });
    const text = await answer.body.text();
    const plain: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) {
      plain[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
    }
    const isJson = /[/+]json\b/.test(plain['content-type'] ?? '');
    return {
      status: answer.statusCode,
      headers: plain,
      text,
      body: (isJson && text !== '' ? JSON.parse(text) : undefined) as T,
    };
  }
}
