import { tenantId } from '@countersign/kernel';
import type pg from 'pg';
import type { ApiClient } from '../platform/api-client.js';
import type { Receiver } from '../platform/receiver.js';
import { waitUntil } from '../platform/wait-until.js';
import { preloadDeliveries } from './preload.js';

const TENANT = tenantId('demo');
const DRAIN_DEADLINE_MS = 600_000;
/** The endpoint's attempts in flight, the most that one may have; the baseline has as many. */
export const CONCURRENCY = 64;

/** Drains preloaded deliveries by the platform's own dispatcher. */
export class DispatcherDrain {
  private constructor(
    private readonly api: ApiClient,
    private readonly database: pg.Client,
    private readonly receiver: Receiver,
    private readonly endpointId: string,
  ) {}

  static async prepare(api: ApiClient, database: pg.Client, receiver: Receiver): Promise<DispatcherDrain> {
    const { id } = await api.send<{ id: string }>('POST', '/v1/webhook-endpoints', 201, {
      name: 'bench',
      url: receiver.url,
      hooks: [{ hook: 'postCreateUser' }],
    });
    return new DispatcherDrain(api, database, receiver, id);
  }

  async preload(count: number): Promise<void> {
    await this.api.send('PATCH', this.path, 200, { enabled: false });
    await preloadDeliveries(this.database, TENANT, this.endpointId, count);
  }

  /** From the moment that the endpoint is switched on until the last attempt is recorded. @returns deliveries per second */
  async measure(count: number): Promise<number> {
    const before = await this.receiver.count();
    const start = performance.now();
    await this.api.send('POST', `${this.path}/enable`, 200);
    const limits = { timeoutMs: DRAIN_DEADLINE_MS, everyMs: 50 };
    await waitUntil('every delivery has arrived', async () => (await this.receiver.count()) >= before + count, limits);
    await waitUntil('every attempt is recorded', () => this.isEmpty(), limits);
    const seconds = (performance.now() - start) / 1_000;
    const sent = (await this.receiver.count()) - before;
    if (sent !== count)
      throw new Error(`${sent} requests for ${count} deliveries: nothing failed, so none may be repeated`);
    return count / seconds;
  }

  private get path(): string {
    return `/v1/webhook-endpoints/${this.endpointId}`;
  }

  private async isEmpty(): Promise<boolean> {
    const { rows } = await this.database.query<{ empty: boolean }>(
      'select not exists (select from webhook_dispatcher.delivery) as empty',
    );
    return rows[0]!.empty;
  }
}
