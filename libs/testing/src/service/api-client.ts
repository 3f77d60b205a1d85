import { request } from 'undici';

export interface ApiAnswer {
  status: number;
  headers: Record<string, string>;
  /** Parsed when the answer is JSON, else its text; undefined when it is empty. */
  body: unknown;
}

export interface ApiCall {
  headers?: Record<string, string>;
  /** Sent as JSON, as JSON merge patch with PATCH; text and bytes are sent as they are. */
  body?: unknown;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Calls one service's API as one principal; answers every status and throws for none. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** The same API with further headers, e.g. those of ServiceKeys.headers(). */
  with(headers: Record<string, string>): ApiClient {
    return new ApiClient(this.baseUrl, { ...this.headers, ...headers });
  }

  /** The same API with an access token. */
  as(token: string): ApiClient {
    return this.with({ authorization: `Bearer ${token}` });
  }

  get = (path: string, call?: ApiCall) => this.call('GET', path, call);
  post = (path: string, body?: unknown, call?: ApiCall) => this.call('POST', path, { body, ...call });
  put = (path: string, body?: unknown, call?: ApiCall) => this.call('PUT', path, { body, ...call });
  patch = (path: string, body?: unknown, call?: ApiCall) => this.call('PATCH', path, { body, ...call });
  delete = (path: string, call?: ApiCall) => this.call('DELETE', path, call);

  async call(method: Method, path: string, { headers = {}, body }: ApiCall = {}): Promise<ApiAnswer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await request(new URL(path, this.baseUrl), {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': type }), ...this.headers, ...headers },
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    const names = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
    const isJson = /json/.test(String(answer.headers['content-type'] ?? ''));
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(names),
      body: text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text,
    };
  }
}
