import 'reflect-metadata';
import { messagingConfig } from '@countersign/messaging';
import { postgresConfig, UnitOfWork } from '@countersign/persistence';
import {
  CurrentPrincipal,
  defineService,
  envelopeConfig,
  Roles,
  serviceConfig,
  type Principal,
} from '@countersign/platform';
import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createTestDatabase,
  FakeAuthority,
  makeServiceKeys,
  startTestService,
  type ServiceKeys,
  type TestDatabase,
  type TestService,
} from '../src/index.js';
import { sampleService } from './sample-service.js';

@Controller('v1/things')
class ThingsController {
  constructor(private readonly uow: UnitOfWork) {}

  @Get()
  @Roles('ORG_ADMIN')
  list(@CurrentPrincipal() principal: Principal) {
    return this.uow.run(principal.tenantId, tx => tx.query('select name from thing'));
  }
}

@Module({ controllers: [ThingsController] })
class SampleModule {}

const service = defineService({
  name: sampleService.name,
  title: 'Sample',
  module: SampleModule,
  entities: sampleService.database.entities,
  migrations: sampleService.database.migrations,
});
const config = serviceConfig.extend({ ...postgresConfig.shape, ...messagingConfig.shape, ...envelopeConfig.shape });

let keys: ServiceKeys;
let authority: FakeAuthority;
let database: TestDatabase;
let running: TestService;

beforeAll(async () => {
  keys = await makeServiceKeys(['auth-mfa', service.name]);
  authority = await FakeAuthority.start(keys);
  database = await createTestDatabase({ services: [service] });
  running = await startTestService(service, { config, keys, authority, database });
});

afterAll(async () => {
  await running?.stop();
  await authority?.stop();
  await database?.close();
  await keys?.remove();
});

it('runs the service as production does: tokens are checked, the tenant comes from them', async () => {
  const { uow } = await database.open(service);
  for (const tenantId of ['acme', 'globex'] as never[]) {
    await uow.run(tenantId, tx => tx.query(`insert into thing values ($1, 1, $1, 'new')`, [tenantId]));
  }
  expect(await running.api.get('/v1/things')).toMatchObject({ status: 401 });
  const admin = running.api.as(await authority.token({ tenantId: 'acme' }));
  expect(await admin.get('/v1/things')).toMatchObject({ status: 200, body: [{ name: 'acme' }] });
  const user = running.api.as(await authority.token({ tenantId: 'acme', roles: ['USER'] }));
  expect(await user.get('/v1/things')).toMatchObject({ status: 403 });
});
