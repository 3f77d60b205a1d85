import {
  TenantCreated,
  TenantDisabled,
  UserCreated,
  UserDeleted,
  UserDisabled,
  UserUpdated,
  type AuditRecord,
  type Role,
  type User,
} from '@countersign/contracts';
import { newId, tenantId, type Clock, type TenantId } from '@countersign/kernel';
import { Outbox } from '@countersign/messaging';
import { UnitOfWork } from '@countersign/persistence';
import { CLOCK } from '@countersign/platform';
import {
  ApiClient,
  createTestDatabase,
  eventually,
  makeServiceKeys,
  startTestService,
  type ApiAnswer,
  type ServiceKeys,
  type TestDatabase,
  type TestService,
} from '@countersign/testing';
import { expect, vi } from 'vitest';
import { authMfaConfig } from '../src/config.js';
import { service } from '../src/service.js';
import { FakeUserLifecycle } from './fake-user-lifecycle.js';

export const PASSWORD = 'four quiet green lamps';

export interface Tokens {
  accessToken: string;
  tokenType: string;
  expiresIn: number;
  refreshToken: string;
}

export interface LoginBody {
  transaction: string;
  expiresAt: string;
  state: string;
  tokens?: Tokens;
}

export interface KnownPerson {
  user: User;
  tenant: TenantId;
  login: string;
  password: string;
}

let serial = 0;

/** auth-mfa on a database of its own, with user-lifecycle played beside it; events go over the real bus. */
export class World {
  private constructor(
    readonly database: TestDatabase,
    readonly keys: ServiceKeys,
    readonly users: FakeUserLifecycle,
    readonly auth: TestService,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<World> {
    const database = await createTestDatabase({ services: [service] });
    const keys = await makeServiceKeys();
    const users = await FakeUserLifecycle.start();
    const options = { config: authMfaConfig, keys, database, env: { USER_LIFECYCLE_URL: users.url, ...env } };
    return new World(database, keys, users, await startTestService(service, options));
  }

  async stop(): Promise<void> {
    vi.restoreAllMocks();
    await this.auth.stop();
    await this.users.stop();
    await this.database.close();
    await this.keys.remove();
  }

  /** A second replica on the same database and keys. */
  replica(): Promise<TestService> {
    const env = { USER_LIFECYCLE_URL: this.users.url, PUBLIC_URL: this.auth.config.PUBLIC_URL };
    return startTestService(service, { config: authMfaConfig, keys: this.keys, database: this.database, env });
  }

  get uow(): UnitOfWork {
    return this.auth.app.get(UnitOfWork);
  }

  /** Rows of one tenant, as the service sees them. */
  rows<Row = Record<string, unknown>>(tenant: TenantId, sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.uow.run(tenant, tx => tx.query<Row>(sql, parameters));
  }

  /** Lets the service's clock run ahead (or behind) by so many seconds until `restore`. */
  moveClock(seconds: number): { restore(): void } {
    const clock = this.auth.app.get<Clock>(CLOCK);
    const spy = vi.spyOn(clock, 'now').mockImplementation(() => new Date(Date.now() + seconds * 1000));
    return { restore: () => spy.mockRestore() };
  }

  /** The API as the gateway calls it for a client at this address. */
  async from(address: string): Promise<ApiClient> {
    return this.auth.api.with({
      ...(await this.keys.headers('gateway', 'auth-mfa')),
      'x-countersign-client': address,
    });
  }

  /** The API as another service calls it. */
  async as(caller: string, tenant?: TenantId): Promise<ApiClient> {
    return this.auth.api.with(await this.keys.headers(caller, 'auth-mfa', tenant));
  }

  /** A tenant that auth-mfa has heard of. */
  async tenant(slug = `tenant-${++serial}-${Date.now().toString(36)}`): Promise<TenantId> {
    const id = tenantId(slug);
    await this.sendTenant(id, 'active', 1);
    await this.untilSeen(id, `select 1 from known_tenant where tenant_id = $1 and version = $2`, [id, 1]);
    return id;
  }

  async disableTenant(id: TenantId): Promise<void> {
    await this.sendTenant(id, 'disabled', 2);
    await this.untilSeen(id, `select 1 from known_tenant where tenant_id = $1 and status = $2`, [id, 'disabled']);
  }

  /** A user with a credential that auth-mfa has heard of. */
  async person(
    tenant: TenantId,
    given: Partial<User> & { password?: string | null; oneTime?: boolean } = {},
  ): Promise<KnownPerson> {
    const { password = PASSWORD, oneTime = false, ...attributes } = given;
    const user = this.describe(attributes);
    await this.setCredential(tenant, user, password, oneTime);
    await this.sendUser(tenant, user);
    return { user, tenant, login: user.login, password: password ?? '' };
  }

  describe(attributes: Partial<User> = {}): User {
    const now = new Date().toISOString();
    return {
      id: newId('usr'),
      login: `person-${++serial}`,
      firstName: 'Anna',
      lastName: 'Kov',
      assignedGroups: [],
      attributes: {},
      securityQuestion: {},
      roles: ['USER'],
      status: 'active',
      provisionedApps: {},
      createdAt: now,
      updatedAt: now,
      version: 1,
      ...attributes,
    };
  }

  async setCredential(tenant: TenantId, user: User, password: string | null, oneTime = true): Promise<void> {
    const api = await this.as('user-lifecycle', tenant);
    const body = { login: user.login, oneTime, ...(password === null ? {} : { password }) };
    const answer = await api.put(`/internal/credentials/${user.id}`, body);
    expect(answer.body).toBeUndefined();
    expect(answer.status).toBe(204);
  }

  /** Sends the user's state as the event that belongs to it, and waits until auth-mfa has applied it. */
  async sendUser(tenant: TenantId, user: User): Promise<void> {
    const data = { user, aggregateVersion: user.version };
    const event = user.status === 'deleted' ? UserDeleted : user.status === 'disabled' ? UserDisabled : UserCreated;
    await this.uow.run(tenant, async tx => {
      const outbox = this.auth.app.get(Outbox);
      if (event === UserCreated && user.version > 1) {
        await outbox.add(tx, UserUpdated, user.id, { ...data, changed: ['/roles'], cause: 'update' });
      } else {
        await outbox.add(tx, event, user.id, data);
      }
    });
    const seen = `select 1 from known_user where tenant_id = $1 and user_id = $2 and version >= $3`;
    await this.untilSeen(tenant, seen, [tenant, user.id, user.version]);
  }

  /** Changes the user of a person and waits until auth-mfa has heard of it. */
  async change(person: KnownPerson, change: Partial<User>): Promise<void> {
    Object.assign(person.user, change, { version: person.user.version + 1 });
    await this.sendUser(person.tenant, person.user);
  }

  async logIn(person: KnownPerson, api?: ApiClient): Promise<ApiAnswer> {
    const { tenant, login, password } = person;
    return (api ?? this.auth.api).post('/v1/login', { tenant, login, password });
  }

  /** Logs in where nothing is owed. */
  async tokensOf(person: KnownPerson): Promise<Tokens> {
    const answer = await this.logIn(person);
    expect(answer.body).toMatchObject({ state: 'DONE' });
    return (answer.body as Required<LoginBody>).tokens;
  }

  /** The API as a new person with these roles, signed in. */
  async signedIn(tenant: TenantId, ...roles: Role[]): Promise<{ person: KnownPerson; tokens: Tokens; api: ApiClient }> {
    const person = await this.person(tenant, { roles });
    const tokens = await this.tokensOf(person);
    return { person, tokens, api: this.auth.api.as(tokens.accessToken) };
  }

  /** Every event of a type that this tenant has sent, sent or waiting to be. */
  async events<Data = Record<string, unknown>>(tenant: TenantId, type: string): Promise<Data[]> {
    const rows = await this.uow.system('test', tx =>
      tx.query<{ payload: string }>(
        `select payload from (
           select convert_from(payload, 'UTF8') as payload, headers, tenant_id, 0 as place, off as nr from bus.bus_log
           union all select payload, headers, tenant_id, 1, id from outbox) sent
          where tenant_id = $1 and headers->>'ce_type' = $2 order by place, nr`,
        [tenant, type],
      ),
    );
    return rows.map(row => JSON.parse(row.payload) as Data);
  }

  /** The audit records of one target, oldest first. */
  async auditOf(tenant: TenantId, target: string): Promise<AuditRecord[]> {
    const records = await this.events<AuditRecord>(tenant, 'audit.recorded');
    return records.filter(record => record.target.id === target).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  private async sendTenant(id: TenantId, status: 'active' | 'disabled', version: number): Promise<void> {
    const tenant = { id, name: id, status, createdAt: new Date().toISOString(), version };
    await this.uow.run(id, tx =>
      this.auth.app
        .get(Outbox)
        .add(tx, status === 'active' ? TenantCreated : TenantDisabled, id, { tenant, aggregateVersion: version }),
    );
  }

  private async untilSeen(tenant: TenantId, sql: string, parameters: unknown[]): Promise<void> {
    await eventually(async () => (await this.rows(tenant, sql, parameters)).length > 0);
  }
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}
