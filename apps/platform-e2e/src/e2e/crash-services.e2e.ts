import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CreateLoad } from '../support/create-load.js';
import { eventually } from '../support/eventually.js';
import { csvOf, loginsOf, sendFile, untilOver } from '../support/imports.js';
import { Platform } from '../support/platform.js';
import { isSame, serviceProcess } from '../support/processes.js';
import { expectStatus } from '../support/problem.js';
import type { Page, User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const CREATES = 200;
const IMPORTED = 90;
const SERVICES = ['webhook-dispatcher', 'user-lifecycle', 'auth-mfa', 'gateway'] as const;
/** A delivery in flight at a kill comes back when its lease has ended: at most 90 s, with threefold slack. */
const REDELIVERED_MS = 270_000;

const isImported = (user: Readonly<Record<string, unknown>>) => String(user['login']).startsWith('import-');

describe('kill -9 of each service in the middle of 200 creates', () => {
  let platform: Platform;
  let tenant: Tenant;
  let receiver: WebhookReceiver;
  let load: CreateLoad;

  beforeAll(async () => {
    [platform, receiver] = await Promise.all([Platform.start(), WebhookReceiver.start()]);
    tenant = await Tenant.create(platform.baseUrl, platform.dataDir);
    await tenant.createEndpoint(receiver, ['postCreateUser']);
    load = new CreateLoad(tenant, CREATES);
  });

  afterAll(async () => {
    await receiver.stop();
    await platform.dispose();
  });

  async function killAndAwaitSuccessor(service: string): Promise<void> {
    const victim = serviceProcess(await platform.processes(), service);
    if (!victim) throw new Error(`no process of ${service} below the supervisor`);
    process.kill(victim.pid, 'SIGKILL');
    await eventually(
      `the supervisor starts ${service} again`,
      async () => {
        const successor = serviceProcess(await platform.processes(), service);
        return successor !== undefined && !isSame(successor, victim);
      },
      { deadlineMs: 30_000 },
    );
    await platform.ready(90_000);
  }

  it('answers every create in the end, by 201 and by no fault that the API does not know', async () => {
    const running = load.run();
    const killing = (async () => {
      for (const [index, service] of SERVICES.entries()) {
        const due = ((index + 1) * CREATES) / (SERVICES.length + 1);
        await eventually(`${String(due)} creates are done`, () => load.done >= due, {
          deadlineMs: 120_000,
          everyMs: 5,
        });
        await killAndAwaitSuccessor(service);
      }
    })();
    await Promise.all([running, killing]);
    expect(load.done).toBe(CREATES);
    expect(load.unexpected).toEqual([]);
  });

  it('has exactly one user for every 201', async () => {
    expect(load.acknowledged.size).toBeGreaterThan(CREATES / 2);
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor ? `?limit=200&cursor=${encodeURIComponent(cursor)}` : '?limit=200';
      const page: Page<User> = expectStatus(await tenant.admin.get<Page<User>>(`/v1/users${query}`), 200).body;
      found.push(...page.data.map(({ login }) => login));
      cursor = page.page.next;
    }
    const counted = new Map<string, number>();
    for (const login of found) counted.set(login, (counted.get(login) ?? 0) + 1);
    expect([...counted].filter(([, count]) => count > 1)).toEqual([]);
    expect([...load.acknowledged.keys()].filter(login => !counted.has(login))).toEqual([]);
    for (const [login, { id }] of load.acknowledged) {
      const user = expectStatus(await tenant.admin.get<User>(`/v1/users/${id}`), 200).body;
      expect(user.login).toBe(login);
    }
  });

  it('tells the receiver of every user that was acknowledged, and of none that is not there', async () => {
    const told = await eventually(
      'postCreateUser has arrived for every 201',
      () => {
        const logins = new Set(receiver.received('postCreateUser').map(({ user }) => String(user['login'])));
        const missing = [...load.acknowledged.keys()].filter(login => !logins.has(login));
        if (missing.length > 0) throw new Error(`${String(missing.length)} missing: ${missing.slice(0, 5).join()}`);
        return logins;
      },
      { deadlineMs: REDELIVERED_MS, everyMs: 500 },
    );
    const known = new Set([...load.acknowledged.keys(), ...load.conflicted]);
    expect([...told].filter(login => !known.has(login))).toEqual([]);
  });

  it('goes on with an import whose process is killed, and does every row exactly once', async () => {
    const logins = Array.from({ length: IMPORTED }, (_, index) => `import-${String(index).padStart(4, '0')}`);
    const { id } = expectStatus(await sendFile(tenant.admin, csvOf(logins)), 202).body;
    const due = IMPORTED / 3;
    await eventually(
      `${String(due)} rows are done`,
      () => receiver.received('postCreateUser').filter(({ user }) => isImported(user)).length >= due,
      { deadlineMs: 120_000, everyMs: 5 },
    );
    await killAndAwaitSuccessor('user-lifecycle');
    const over = await untilOver(tenant.admin, id, 'succeeded', 120_000);
    expect([over.progress, over.errors]).toEqual([{ done: IMPORTED, total: IMPORTED, failed: 0 }, []]);
    expect(await loginsOf(tenant.admin, 'import-')).toEqual(logins);
    const told = await receiver.waitFor(
      'postCreateUser',
      { count: IMPORTED, where: ({ user }) => isImported(user) },
      { deadlineMs: 60_000 },
    );
    const deliveries = new Map<string, Set<string | undefined>>();
    for (const { user, headers } of told) {
      const login = String(user['login']);
      deliveries.set(login, (deliveries.get(login) ?? new Set()).add(headers['webhook-id']));
    }
    expect([...deliveries.keys()].sort()).toEqual(logins);
    expect([...deliveries].filter(([, ids]) => ids.size > 1)).toEqual([]);
  });
});
