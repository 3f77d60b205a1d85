import { randomUUID } from 'node:crypto';
import type { CreatedTenant, Role, User } from '@countersign/contracts';
import { tenantId as toTenantId, type TenantId } from '@countersign/kernel';
import type { TenantTransaction, UnitOfWork } from '@countersign/persistence';
import {
  createTestDatabase,
  eventually,
  FakeAuthority,
  makeServiceKeys,
  startTestService,
  type ApiAnswer,
  type ApiClient,
  type ServiceKeys,
  type TestDatabase,
  type TestService,
} from '@countersign/testing';
import { userLifecycleConfig } from '../src/config.js';
import { service } from '../src/service.js';
import { FakeDispatcher } from './fake-dispatcher.js';

export interface Problem {
  code: string;
  detail: string;
  errors?: { pointer: string; code: string; message: string }[];
  [extra: string]: unknown;
}

export const problemOf = (answer: ApiAnswer) => answer.body as Problem;
export const userOf = (answer: ApiAnswer) => answer.body as User & { dryRun?: true };
export const pageOf = <T = User>(answer: ApiAnswer) =>
  answer.body as { data: T[]; page: { next: string | null; limit: number } };

/** A tenant of a test's own with its administrator. */
export interface TestTenant {
  id: TenantId;
  adminId: string;
  admin: ApiClient;
  /** A client with those roles; without userId of nobody in particular. */
  as(roles: Role[], userId?: string): Promise<ApiClient>;
  createUser(fields?: Record<string, unknown>): Promise<User>;
}

/** user-lifecycle on a real database and bus, with auth-mfa and webhook-dispatcher played over HTTP. */
export class Harness {
  private constructor(
    readonly keys: ServiceKeys,
    readonly authority: FakeAuthority,
    readonly dispatcher: FakeDispatcher,
    readonly database: TestDatabase,
    readonly service: TestService,
    readonly uow: UnitOfWork,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Harness> {
    const keys = await makeServiceKeys();
    const [authority, dispatcher] = [await FakeAuthority.start(keys), await FakeDispatcher.start(keys)];
    const database = await createTestDatabase({ services: [service] });
    const running = await startTestService(service, {
      config: userLifecycleConfig,
      keys,
      authority,
      database,
      env: { WEBHOOK_DISPATCHER_URL: dispatcher.url, ...env },
    });
    const { uow } = await database.open(service);
    return new Harness(keys, authority, dispatcher, database, running, uow);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.database.close();
    await this.dispatcher.stop();
    await this.authority.stop();
    await this.keys.remove();
  }

  async operator(): Promise<ApiClient> {
    return this.service.api.with(await this.keys.headers('operator', 'user-lifecycle'));
  }

  async createTenant(slug = uniqueName('t')): Promise<TestTenant> {
    const answer = await (await this.operator()).post('/internal/tenants', { slug, adminLogin: 'admin' });
    if (answer.status !== 201) throw new Error(`tenant: ${JSON.stringify(answer.body)}`);
    const id = toTenantId((answer.body as CreatedTenant).tenantId);
    const [row] = await this.sql<{ id: string }>(id, `select id from users where login_key = 'admin'`);
    const as = async (roles: Role[], userId = 'usr_nobody') =>
      this.service.api.as(await this.authority.token({ tenantId: id, roles, userId, sub: userId }));
    const admin = await as(['ORG_ADMIN', 'USER'], row!.id);
    const createUser = async (fields: Record<string, unknown> = {}) => {
      const created = await admin.post('/v1/users', newUserBody(fields));
      if (created.status !== 201) throw new Error(`user: ${JSON.stringify(created.body)}`);
      return userOf(created);
    };
    return { id, adminId: row!.id, admin, as, createUser };
  }

  sql<Row = Record<string, unknown>>(tenantId: TenantId, text: string, parameters?: unknown[]): Promise<Row[]> {
    return this.uow.run(tenantId, (tx: TenantTransaction) => tx.query<Row>(text, parameters));
  }

  /** Events of one aggregate that have reached the bus, in their order. */
  async events(tenantId: TenantId, subject: string): Promise<BusEvent[]> {
    const rows = await this.uow.system('test-events', tx =>
      tx.query<{ headers: Record<string, string>; payload: Buffer }>(
        `select headers, payload from bus.bus_log where tenant_id = $1 and key = $2 order by topic, part, off`,
        [tenantId, `${tenantId}/${subject}`],
      ),
    );
    return rows
      .map(({ headers, payload }) => ({
        type: headers['ce_type']!,
        headers,
        data: JSON.parse(payload.toString('utf8')) as BusEvent['data'],
      }))
      .filter(event => event.type !== 'audit.recorded');
  }

  /** Waits until the aggregate's events are of these types, in this order. */
  eventTypes(tenantId: TenantId, subject: string, types: string[]): Promise<BusEvent[]> {
    return eventually(async () => {
      const events = await this.events(tenantId, subject);
      const got = events.map(event => event.type);
      if (JSON.stringify(got) !== JSON.stringify(types)) throw new Error(`so far: ${got.join(', ')}`);
      return events;
    });
  }
}

export interface BusEvent {
  type: string;
  headers: Record<string, string>;
  data: { user?: User; aggregateVersion: number; changed?: string[]; cause?: string; [more: string]: unknown };
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

export function newUserBody(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    login: uniqueName('user'),
    firstName: 'Shreyash2',
    lastName: 'Pande2',
    userType: 'Employee',
    country: 'India',
    ...fields,
  };
}
