import { ApiClient } from '../support/api.js';

/** The sum of a metric over all its labels, as the service's management port shows it at this moment. */
export async function metric(managementUrl: string, name: string): Promise<number> {
  const { status, text } = await new ApiClient(managementUrl).get('/metrics');
  if (status !== 200) throw new Error(`${managementUrl}/metrics answers ${String(status)}`);
  const values = text
    .split('\n')
    .filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map(line => Number(line.slice(line.lastIndexOf(' ') + 1)));
  if (values.length === 0) throw new Error(`${managementUrl}/metrics has no ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}
