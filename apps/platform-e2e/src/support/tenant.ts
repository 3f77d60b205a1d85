import { inject } from 'vitest';
import { ApiClient } from './api.js';
import { logInFirst, type Tokens } from './login.js';
import { strongPassword, uniqueName } from './names.js';
import { Operator } from './operator.js';
import { expectStatus } from './problem.js';
import type { Endpoint, Group, User } from './resources.js';
import type { WebhookReceiver } from './webhook-receiver.js';

interface CreatedTenant {
  readonly tenantId: string;
  readonly slug: string;
  readonly adminLogin: string;
  readonly adminPassword: string;
}

/** A tenant of the test's own, with its first administrator logged in. */
export class Tenant {
  private constructor(
    readonly slug: string,
    readonly admin: ApiClient,
    readonly adminLogin: string,
    /** The password that the administrator has chosen at the first login. */
    readonly adminPassword: string,
    readonly adminTokens: Tokens,
  ) {}

  static async create(baseUrl = inject('baseUrl'), dataDir = inject('dataDir')): Promise<Tenant> {
    const slug = uniqueName('t-');
    const login = 'admin';
    const operator = new Operator(dataDir, baseUrl);
    const created = await operator.run<CreatedTenant>('tenant', 'create', slug, '--admin-login', login);
    const anonymous = new ApiClient(baseUrl);
    const password = strongPassword();
    const tokens = await logInFirst(anonymous, { tenant: slug, login, password: created.adminPassword }, password);
    return new Tenant(slug, anonymous.as(tokens.accessToken), login, password, tokens);
  }

  get anonymous(): ApiClient {
    return this.admin.as();
  }

  async createUser(fields: Readonly<Record<string, unknown>> = {}): Promise<User> {
    return expectStatus(await this.admin.post<User>('/v1/users', newUser(fields)), 201).body;
  }

  async createGroup(name = uniqueName('group-')): Promise<Group> {
    return expectStatus(await this.admin.post<Group>('/v1/groups', { name }), 201).body;
  }

  /** A user with these roles that has logged in and changed its first password. */
  async signUp(roles: readonly string[]): Promise<{ user: User; api: ApiClient; tokens: Tokens; password: string }> {
    const first = strongPassword();
    const user = await this.createUser({ roles, password: first });
    const password = strongPassword();
    const credentials = { tenant: this.slug, login: user.login, password: first };
    const tokens = await logInFirst(this.anonymous, credentials, password);
    return { user, api: this.admin.as(tokens.accessToken), tokens, password };
  }

  /** An endpoint of the receiver for these hooks, each as its name or with its settings. */
  async createEndpoint(
    receiver: WebhookReceiver,
    hooks: readonly (string | Readonly<Record<string, unknown>>)[],
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<Endpoint & { readonly secret: string }> {
    const body = newEndpoint(receiver.url, hooks, fields);
    const { secret, ...endpoint } = expectStatus(
      await this.admin.post<Endpoint>('/v1/webhook-endpoints', body),
      201,
    ).body;
    if (secret === undefined) throw new Error('the answer to POST has no secret');
    return { ...endpoint, secret };
  }
}

/** The body that creates an endpoint. */
export function newEndpoint(
  url: string,
  hooks: readonly (string | Readonly<Record<string, unknown>>)[],
  fields: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    name: uniqueName('endpoint-'),
    url,
    enabled: true,
    hooks: hooks.map(hook => (typeof hook === 'string' ? { hook } : hook)),
    ...fields,
  };
}

/** The seed's user under a login of its own. */
export function newUser(fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    login: uniqueName('shreyash-'),
    firstName: 'Shreyash2',
    lastName: 'Pande2',
    userType: 'Employee',
    country: 'India',
    ...fields,
  };
}
