import {
  EnvelopeEncryption,
  CurrentPrincipal,
  defineService,
  Internal,
  Public,
  Roles,
  SignedIn,
  type Principal,
} from '../src/index.js';
import { currentContext } from '@countersign/kernel';
import { serviceDatabase, standardTables } from '@countersign/persistence';
import { Body, Controller, Get, HttpCode, Module, Post, SerializeOptions } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

export const db = serviceDatabase('sample');

export class CreateSample1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of standardTables(db)) await runner.query(statement);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table outbox, inbox, idempotency_key');
  }
}

const thingSchema = z.strictObject({
  name: z.string().min(2),
  parts: z.array(z.strictObject({ size: z.number() })).optional(),
});
const shownSchema = z.object({ id: z.number(), name: z.string() });

/** How often `POST /v1/things` has taken effect, and what it waits for. */
export const effects = { count: 0, gate: Promise.resolve() };

@Controller()
class SampleController {
  constructor(private readonly encryption: EnvelopeEncryption) {}

  @Get('v1/open')
  @Public()
  open() {
    return { clientIp: currentContext()?.clientIp, sealed: this.encryption.currentKeyId };
  }

  @Get('v1/closed')
  closed() {
    return {};
  }

  @Get('v1/mine')
  @SignedIn()
  mine(@CurrentPrincipal() principal: Principal) {
    return { tenantId: principal.tenantId, actor: currentContext()?.actor };
  }

  @Get('v1/admin')
  @Roles('ORG_ADMIN')
  admin() {
    return {};
  }

  @Get('internal/for-gateway')
  @Internal('gateway')
  internal() {
    return { tenantId: currentContext()?.tenantId, actor: currentContext()?.actor };
  }

  @Post('v1/things')
  @SignedIn()
  @HttpCode(201)
  @SerializeOptions({ schema: shownSchema })
  async create(@Body({ schema: thingSchema }) body: z.output<typeof thingSchema>) {
    effects.count += 1;
    await effects.gate;
    if (body.name === 'defect') throw new TypeError('the secret inside');
    return { id: effects.count, name: body.name, hidden: 'not in the schema' };
  }
}

@Module({ controllers: [SampleController] })
class SampleModule {}

export const sample = defineService({
  name: 'sample',
  title: 'Sample',
  module: SampleModule,
  entities: [],
  migrations: [CreateSample1764000000001],
});
