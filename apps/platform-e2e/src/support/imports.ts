import type { ApiAnswer, ApiClient } from './api.js';
import { eventually } from './eventually.js';
import { expectStatus } from './problem.js';
import type { Page } from './resources.js';

export interface OperationError {
  readonly line: number;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly progress: { readonly done: number; readonly total: number; readonly failed: number };
  readonly errors: readonly OperationError[];
  readonly errorCount: number;
}

export const CSV = 'text/csv';
export const NDJSON = 'application/x-ndjson';

/** Sends a file of users. */
export function sendFile(
  api: ApiClient,
  raw: string | Buffer,
  { type = CSV, query = '', headers = {} }: { type?: string; query?: string; headers?: Record<string, string> } = {},
): Promise<ApiAnswer<Operation>> {
  return api.send<Operation>('POST', `/v1/users/import${query}`, {
    raw,
    headers: { 'content-type': type, ...headers },
  });
}

/** A CSV of one user for each login. */
export function csvOf(logins: readonly string[]): string {
  return ['login,firstName,lastName', ...logins.map(login => `${login},Imported,${login.toUpperCase()}`)].join('\r\n');
}

/** Waits until the operation is over, in this state. */
export function untilOver(
  api: ApiClient,
  id: string,
  state: Operation['state'] = 'succeeded',
  deadlineMs = 60_000,
): Promise<Operation> {
  return eventually(
    `${id} is ${state}`,
    async () => {
      const { body } = expectStatus(await api.get<Operation>(`/v1/operations/${id}`), 200);
      if (body.state !== state)
        throw new Error(`so far ${JSON.stringify({ ...body, errors: body.errors.slice(0, 5) })}`);
      return body;
    },
    { deadlineMs, everyMs: 100 },
  );
}

/** All users' logins that begin so, in their order. */
export async function loginsOf(api: ApiClient, prefix: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = '';
  const filter = encodeURIComponent(`login sw "${prefix}"`);
  while (cursor !== null) {
    const query: string = `filter=${filter}&sort=login&limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const { body }: ApiAnswer<Page<{ login: string }>> = expectStatus(await api.get(`/v1/users?${query}`), 200);
    found.push(...body.data.map(({ login }) => login));
    cursor = body.page.next;
  }
  return found;
}
