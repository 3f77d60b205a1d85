import { eventually, type ApiAnswer, type ApiClient } from '@countersign/testing';
import type { ShownOperation } from '../src/operations/operation.schema.js';

export const operationOf = (answer: ApiAnswer) => answer.body as ShownOperation;

/** Sends a file of users. */
export function importFile(
  api: ApiClient,
  file: string | Uint8Array,
  {
    query = '',
    type = 'text/csv',
    headers = {},
  }: { query?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<ApiAnswer> {
  return api.post(`/v1/users/import${query}`, file, { headers: { 'content-type': type, ...headers } });
}

/** A CSV of rows with the columns that a new user needs. */
export function csv(rows: readonly (readonly string[])[], columns = ['login', 'firstName', 'lastName']): string {
  return [columns, ...rows].map(cells => cells.join(',')).join('\n');
}

/** Waits until the operation is in the state. */
export function untilState(api: ApiClient, id: string, state: string): Promise<ShownOperation> {
  return eventually(
    async () => {
      const operation = operationOf(await api.get(`/v1/operations/${id}`));
      if (operation.state !== state) throw new Error(`so far: ${JSON.stringify(operation)}`);
      return operation;
    },
    { timeoutMs: 30_000 },
  );
}

/** Sends a file and waits until the import has succeeded. */
export async function imported(
  api: ApiClient,
  file: string | Uint8Array,
  options: Parameters<typeof importFile>[2] = {},
): Promise<ShownOperation> {
  const answer = await importFile(api, file, options);
  if (answer.status !== 202) throw new Error(`import: ${answer.status} ${JSON.stringify(answer.body)}`);
  return untilState(api, operationOf(answer).id, 'succeeded');
}

export const found = (operation: ShownOperation) =>
  operation.errors.map(({ line, code, pointer }) => `${line} ${code} ${pointer}`);
