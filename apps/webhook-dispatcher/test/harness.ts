import { UserCreated, UserUpdated, type Role, type User } from '@countersign/contracts';
import { newId, runInContext, tenantId as asTenantId, type Actor, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import {
  createTestDatabase,
  eventually,
  FakeAuthority,
  makeServiceKeys,
  startTestService,
  WebhookReceiver,
  type ApiClient,
  type ServiceKeys,
  type TestDatabase,
  type TestService,
} from '@countersign/testing';
import { webhookDispatcherConfig } from '../src/config.js';
import { service } from '../src/service.js';

let serial = 0;
const ADMIN: Actor = { type: 'user', id: 'usr_admin' };

/** The dispatcher on a real Postgres with a fake auth-mfa, and what the tests do with it. */
export class Harness {
  private running = true;

  private constructor(
    readonly keys: ServiceKeys,
    readonly authority: FakeAuthority,
    readonly database: TestDatabase,
    readonly dispatcher: TestService,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Harness> {
    const keys = await makeServiceKeys();
    const authority = await FakeAuthority.start(keys);
    const database = await createTestDatabase({ services: [service] });
    const dispatcher = await startTestService(service, {
      config: webhookDispatcherConfig,
      keys,
      authority,
      database,
      env: { WEBHOOK_ALLOWED_PRIVATE: '127.0.0.0/8,::1/128', ...env },
    });
    return new Harness(keys, authority, database, dispatcher);
  }

  /** Another replica on the same database. */
  replica(env: Record<string, string> = {}): Promise<TestService> {
    const { keys, authority, database } = this;
    const config = webhookDispatcherConfig;
    return startTestService(service, {
      config,
      keys,
      authority,
      database,
      env: { WEBHOOK_ALLOWED_PRIVATE: '127.0.0.0/8', ...env },
    });
  }

  /** Ends the dispatcher only, as SIGTERM would. */
  async stopDispatcher(): Promise<void> {
    this.running = false;
    await this.dispatcher.stop();
  }

  async stop(): Promise<void> {
    if (this.running) await this.stopDispatcher();
    await this.authority.stop();
    await this.database.close();
    await this.keys.remove();
  }

  /** A tenant of the test's own. */
  async tenant(): Promise<TestTenant> {
    const id = asTenantId(`t${++serial}-${Date.now().toString(36)}`);
    const token = await this.authority.token({ tenantId: id, roles: ['ORG_ADMIN'], userId: 'usr_admin', sub: 'admin' });
    return new TestTenant(this, id, this.dispatcher.api.as(token));
  }

  async as(tenant: TestTenant, roles: Role[], more: Record<string, unknown> = {}): Promise<ApiClient> {
    return this.dispatcher.api.as(
      await this.authority.token({ tenantId: tenant.id, roles, userId: 'usr_other', sub: 'other', ...more }),
    );
  }
}

export interface ShownEndpoint {
  id: string;
  secret: string;
  version: number;
  [member: string]: unknown;
}

export interface ShownDelivery {
  id: string;
  state: string;
  hook: string;
  awaited: boolean;
  verdict: string | null;
  reason: string;
  patch: unknown;
  ignored: unknown;
  attempts: {
    number: number;
    outcome: string;
    error: string | null;
    response: { status: number; body: string; truncated: boolean } | null;
    request: { headers: Record<string, string>; body: string };
  }[];
  [member: string]: unknown;
}

export class TestTenant {
  constructor(
    private readonly harness: Harness,
    readonly id: TenantId,
    readonly admin: ApiClient,
  ) {}

  async endpoint(
    receiver: Pick<WebhookReceiver, 'url'>,
    hooks: (string | Record<string, unknown>)[],
    more: Record<string, unknown> = {},
  ): Promise<ShownEndpoint> {
    const answer = await this.admin.post('/v1/webhook-endpoints', {
      name: 'Receiver',
      url: `${receiver.url}/webhook`,
      hooks: hooks.map(hook => (typeof hook === 'string' ? { hook } : hook)),
      ...more,
    });
    if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as ShownEndpoint;
  }

  /** Asks the hook. `body` of the answer is its outcome, or the problem document. */
  async ask(hook: string, user: Record<string, unknown>, more: Record<string, unknown> = {}) {
    const { status, body } = await this.internal('/internal/hooks/ask', {
      hook,
      userId: 'usr_1',
      request: { user: hookUser(user) },
      budgetMs: 5_000,
      ...more,
    });
    const { outcome = body, untaken } = body as { outcome?: unknown; untaken?: string[] };
    return { status, body: outcome, untaken };
  }

  async announce(hook: string, user: Record<string, unknown>, userId = 'usr_1', actor?: string) {
    return this.internal('/internal/hooks/announce', { hook, userId, request: { user: hookUser(user) } }, actor);
  }

  async internal(path: string, body: unknown, actor?: string) {
    const headers = await this.harness.keys.headers('user-lifecycle', 'webhook-dispatcher', this.id);
    return this.harness.dispatcher.api
      .with({ ...headers, ...(actor ? { 'x-countersign-actor': actor } : {}) })
      .post(path, body);
  }

  async delivery(id: string): Promise<ShownDelivery> {
    const { status, body } = await this.admin.get(`/v1/deliveries/${id}`);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body as ShownDelivery;
  }

  async deliveries(filter?: string): Promise<ShownDelivery[]> {
    const query = filter === undefined ? '' : `?filter=${encodeURIComponent(filter)}`;
    const { status, body } = await this.admin.get(`/v1/deliveries${query}`);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return (body as { data: ShownDelivery[] }).data;
  }

  untilState(id: string, state: string, timeoutMs = 15_000): Promise<ShownDelivery> {
    return eventually(
      async () => {
        const delivery = await this.delivery(id);
        if (delivery.state !== state) throw new Error(`${id} is ${delivery.state}: ${delivery.reason}`);
        return delivery;
      },
      { timeoutMs },
    );
  }

  /** What user-lifecycle would send: events of users, over the real bus. */
  async users(
    users: { user: User; created?: boolean; actor?: Actor }[],
    through: TestService = this.harness.dispatcher,
  ): Promise<void> {
    const uow = through.app.get(UnitOfWork);
    const outbox = through.app.get(Outbox);
    const context = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tenantId: this.id };
    await runInContext(context, () =>
      uow.run(this.id, async tx => {
        for (const { user, created, actor = ADMIN } of users) {
          const data = { user, aggregateVersion: user.version };
          if (created ?? true) await outbox.add(tx, UserCreated, user.id, data, { actor });
          else
            await outbox.add(
              tx,
              UserUpdated,
              user.id,
              { ...data, changed: ['/country'], cause: 'update' as const },
              { actor },
            );
        }
      }),
    );
  }
}

export function someUser(more: Partial<User> = {}): User {
  const now = new Date().toISOString();
  return {
    id: newId('usr'),
    login: `user${++serial}`,
    firstName: 'Shreyash2',
    lastName: 'Pande2',
    userType: 'Employee',
    country: 'India',
    assignedGroups: [],
    attributes: {},
    securityQuestion: {},
    roles: [],
    status: 'active',
    provisionedApps: {},
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...more,
  };
}

function hookUser(user: Record<string, unknown>): Record<string, unknown> {
  return { assignedGroups: [], provisionedApps: {}, securityQuestion: {}, ...user };
}
