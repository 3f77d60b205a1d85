import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tenantId } from '@countersign/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isDatabaseUnavailable, ServicePersistence, standardEntities } from '../src/index.js';
import { createTestSchema, db, type TestSchema } from './test-schema.js';

/** A line to the database that can go silent, as when a machine or a cable between is gone: nothing says that it is closed. */
class Line {
  private readonly ends: [Socket, Socket][] = [];
  private silent = false;
  private constructor(private readonly server: Server) {}

  static async open(databaseUrl: string): Promise<Line> {
    const { searchParams, port } = new URL(databaseUrl);
    const server = createServer();
    const line = new Line(server);
    server.on('connection', near => {
      const far = connect(`${searchParams.get('host')}/.s.PGSQL.${searchParams.get('port') ?? (port || '5432')}`);
      line.ends.push([near, far]);
      for (const end of [near, far]) end.on('error', () => undefined);
      if (!line.silent) near.pipe(far).pipe(near);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  url(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    for (const name of ['host', 'port']) url.searchParams.delete(name);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return String(url);
  }

  goSilent(): void {
    this.silent = true;
    for (const [near, far] of this.ends) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  comeBack(): void {
    this.silent = false;
  }

  async close(): Promise<void> {
    for (const end of this.ends.flat()) end.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }
}

let schema: TestSchema;
beforeAll(async () => {
  schema = await createTestSchema();
});
afterAll(() => schema.close());

it('gives up on a database that has gone silent, and works again on new connections', async () => {
  const line = await Line.open(schema.url('app'));
  const persistence = await ServicePersistence.open(
    {
      DATABASE_URL: line.url(schema.url('app')),
      DATABASE_WORKER_URL: line.url(schema.url('worker')),
      DATABASE_POOL_MAX: 1,
      DATABASE_STATEMENT_TIMEOUT_MS: 100,
    },
    { service: 'sample-service', schema: db.schema, entities: standardEntities },
  );
  const count = () => persistence.uow.run(tenantId('acme'), async tx => (await tx.query(`select 1 from thing`)).length);
  try {
    await count();
    line.goSilent();
    await expect(count()).rejects.toSatisfy(isDatabaseUnavailable);
    line.comeBack();
    expect(await count()).toBe(0);
  } finally {
    await line.close();
    await persistence.close();
  }
});
