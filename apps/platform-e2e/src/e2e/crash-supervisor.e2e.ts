import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CreateLoad } from '../support/create-load.js';
import { eventually } from '../support/eventually.js';
import { logIn } from '../support/login.js';
import { Platform } from '../support/platform.js';
import { isSame, listProcesses, type RunningProcess } from '../support/processes.js';
import { expectStatus } from '../support/problem.js';
import type { User } from '../support/resources.js';
import { Tenant } from '../support/tenant.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** The promise for a second start is 10 s. */
const SECOND_START_MS = 30_000;
const REDELIVERED_MS = 270_000;

describe('kill -9 of the supervisor in the middle of creates, then start again', () => {
  let platform: Platform;
  let tenant: Tenant;
  let receiver: WebhookReceiver;
  let load: CreateLoad;
  const spawned: RunningProcess[] = [];

  beforeAll(async () => {
    [platform, receiver] = await Promise.all([Platform.start(), WebhookReceiver.start()]);
    tenant = await Tenant.create(platform.baseUrl, platform.dataDir);
    await tenant.createEndpoint(receiver, ['postCreateUser']);
    load = new CreateLoad(tenant, 200);
  });

  afterAll(async () => {
    await receiver.stop();
    await platform.dispose();
  });

  /** Those of the recorded processes that live still; a pid that another program has taken over does not count. */
  async function survivors(of: readonly RunningProcess[]): Promise<string[]> {
    const alive = await listProcesses();
    return of
      .filter(one => alive.some(other => isSame(one, other)))
      .map(({ pid, command }) => `${String(pid)} ${command}`);
  }

  it('ends every service with the supervisor', async () => {
    const running = load.run();
    await eventually('50 creates are done', () => load.done >= 50, { deadlineMs: 120_000, everyMs: 5 });
    spawned.push(...(await platform.processes()));
    load.stop();
    await platform.killSupervisor();
    await running;
    const services = spawned.filter(({ command }) => /apps\/[\w-]+\/dist\/main\.js/.test(command));
    expect(services.length).toBeGreaterThanOrEqual(4);
    await eventually(
      'no service outlives the supervisor',
      async () => {
        const left = await survivors(services);
        if (left.length > 0) throw new Error(left.join('\n'));
        return true;
      },
      { deadlineMs: 30_000 },
    );
  });

  it('starts again on the same data, within the bound of a second start', async () => {
    const start = performance.now();
    platform = await Platform.start({ dataDir: platform.dataDir, port: platform.port });
    expect(performance.now() - start).toBeLessThan(SECOND_START_MS);
  });

  it('has lost nothing that was acknowledged: users, passwords, deliveries', async () => {
    const credentials = { tenant: tenant.slug, login: tenant.adminLogin, password: tenant.adminPassword };
    const { accessToken } = await logIn(tenant.anonymous, credentials);
    const admin = tenant.admin.as(accessToken);
    expect(load.acknowledged.size).toBeGreaterThanOrEqual(40);
    for (const [login, { id }] of load.acknowledged) {
      expect(expectStatus(await admin.get<User>(`/v1/users/${id}`), 200).body.login).toBe(login);
    }
    await eventually(
      'postCreateUser has arrived for every 201',
      () => {
        const told = new Set(receiver.received('postCreateUser').map(({ user }) => user['login']));
        const missing = [...load.acknowledged.keys()].filter(login => !told.has(login));
        if (missing.length > 0) throw new Error(`${String(missing.length)} missing: ${missing.slice(0, 5).join()}`);
        return true;
      },
      { deadlineMs: REDELIVERED_MS, everyMs: 500 },
    );
  });

  it('leaves no process behind when it is stopped, neither of this start nor of the one before', async () => {
    spawned.push(...(await platform.processes()));
    await platform.stop();
    await eventually(
      'every process of both starts has ended',
      async () => {
        const left = await survivors(spawned);
        if (left.length > 0) throw new Error(left.join('\n'));
        return true;
      },
      { deadlineMs: 30_000 },
    );
    const named = (await listProcesses()).filter(({ command }) => command.includes(platform.dataDir));
    expect(named).toEqual([]);
  });
});
