import { randomUUID } from 'node:crypto';
import { startTestPostgres, type TestCluster } from '@countersign/embedded-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionDatabase } from '../src/index.js';
import { query } from './test-schema.js';

const passwords = (password: string) => ({ owner: password, app: password, worker: password });
const databases: string[] = [];
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestPostgres();
});

afterAll(() => Promise.all(databases.map(name => cluster.dropDatabase(name))));

async function emptyDatabase(): Promise<string> {
  const name = await cluster.createDatabase(`empty ${randomUUID()}`, () => Promise.resolve());
  databases.push(name);
  return name;
}

/** A name of a service that no other test of the cluster uses. */
const serviceName = () => `prov-${randomUUID().replace(/[^a-f]/g, '')}-x`;

describe('provisionDatabase', () => {
  it('makes logins that can log in, and changes their passwords when it is repeated', async () => {
    const name = await emptyDatabase();
    const service = serviceName();
    const user = `${service.replaceAll('-', '_')}_app`;
    const login = (password: string) =>
      query(cluster.urlFor({ user, password, database: name }), 'select current_user as me');
    await provisionDatabase(cluster.adminUrl(name), { [service]: passwords('first') }, { owner: 'x' });
    expect(await login('first')).toEqual([{ me: user }]);
    await provisionDatabase(cluster.adminUrl(name), { [service]: passwords(`$$'; drop table x --`) }, { owner: 'x' });
    expect(await login(`$$'; drop table x --`)).toEqual([{ me: user }]);
    await expect(login('first')).rejects.toMatchObject({ code: '28P01' });
  });

  it('provisions two databases of a cluster at once', async () => {
    const names = await Promise.all([emptyDatabase(), emptyDatabase(), emptyDatabase()]);
    const service = serviceName();
    await Promise.all(
      names.map(name => provisionDatabase(cluster.adminUrl(name), { [service]: passwords('p') }, { owner: 'x' })),
    );
    for (const database of names) {
      const url = cluster.urlFor({ user: `${service.replaceAll('-', '_')}_worker`, password: 'p', database });
      expect(await query(url, `select has_schema_privilege('bus', 'usage') as bus`)).toEqual([{ bus: true }]);
    }
  });

  it('refuses a role that could see every tenant', async () => {
    const name = await emptyDatabase();
    const service = serviceName();
    const role = `${service.replaceAll('-', '_')}_app`;
    await query(cluster.adminUrl(name), `create role ${role} bypassrls`);
    await expect(
      provisionDatabase(cluster.adminUrl(name), { [service]: passwords('p') }, { owner: 'x' }),
    ).rejects.toThrow(new RegExp(`${role}.*alter role ${role}`));
  });

  it('keeps the schema of one service from the logins of another', async () => {
    const name = await emptyDatabase();
    const [one, two] = [serviceName(), serviceName()];
    await provisionDatabase(cluster.adminUrl(name), { [one]: passwords('p'), [two]: passwords('p') }, { owner: 'x' });
    const sql = ['owner', 'app', 'worker'].map(
      kind => `has_schema_privilege('${one.replaceAll('-', '_')}_${kind}', '${two.replaceAll('-', '_')}', 'usage')`,
    );
    expect(await query(cluster.adminUrl(name), `select ${sql.join(' or ')} as any`)).toEqual([{ any: false }]);
  });
});

describe('provisionDatabase without a superuser', () => {
  it('does with CREATEROLE and the ownership of the database, as managed offers have it', async () => {
    const name = await emptyDatabase();
    const service = serviceName();
    const manager = `manager_${service.replaceAll('-', '_')}`;
    await query(cluster.adminUrl(), `create role ${manager} login createrole password 'p'`);
    await query(cluster.adminUrl(), `alter database ${name} owner to ${manager}`);
    // The bus roles of the cluster belong to who made them; a cluster of one's own has made them itself.
    await query(cluster.adminUrl(), `grant bus_owner, bus_worker to ${manager} with admin true`);
    const url = cluster.urlFor({ user: manager, password: 'p', database: name });
    await provisionDatabase(url, { [service]: passwords('p') }, { owner: 'x' });
    await provisionDatabase(url, { [service]: passwords('q') }, { owner: 'x' });
    const owner = cluster.urlFor({ user: `${service.replaceAll('-', '_')}_owner`, password: 'q', database: name });
    await query(owner, `create table ${service.replaceAll('-', '_')}.thing (id int)`);
  });
});
