import { CLOCK, CurrentPrincipal, etagOf, Roles, type Principal } from '@countersign/platform';
import type { Clock } from '@countersign/kernel';
import { Controller, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers } from '../http-answers.js';
import { EnableEndpoint } from './enable-endpoint.js';
import { EndpointStats } from './endpoint-stats.js';
import {
  endpointIdSchema,
  endpointSchema,
  rotatedSecretSchema,
  shownSecretSchema,
  statsSchema,
  testResultSchema,
  type TestResult,
} from './endpoint.schema.js';
import { ReadEndpoints } from './read-endpoints.js';
import { RevealSecret } from './reveal-secret.js';
import { RotateSecret } from './rotate-secret.js';
import { showEndpoint } from './show-endpoint.js';
import { TestEndpoint } from './test-endpoint.js';

@ApiTags('Webhook endpoints')
@Controller('v1/webhook-endpoints/:id')
export class EndpointActionsController {
  constructor(
    private readonly readEndpoints: ReadEndpoints,
    private readonly testEndpoint: TestEndpoint,
    private readonly enableEndpoint: EnableEndpoint,
    private readonly rotateSecret: RotateSecret,
    private readonly revealSecret: RevealSecret,
    private readonly endpointStats: EndpointStats,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @ApiOperation({ summary: 'Posts {} to the endpoint’s /test and shows the signed request and the answer' })
  @Post('test')
  @Roles('ORG_ADMIN')
  @Answers(200, 'The request as it was signed and sent, and what came back', testResultSchema)
  async test(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
  ): Promise<TestResult> {
    const { endpoint } = await this.readEndpoints.one(tenantId, id);
    return this.testEndpoint.execute(endpoint);
  }

  @ApiOperation({
    summary: 'Switches on an endpoint that was switched off, by its receiver’s 410 or by an administrator',
  })
  @Post('enable')
  @Roles('ORG_ADMIN')
  @Answers(200, 'The endpoint, on and with its breaker closed', endpointSchema)
  async enable(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof endpointSchema>> {
    const endpoint = await this.enableEndpoint.execute(principal, id);
    reply.header('etag', etagOf(endpoint.version));
    return showEndpoint(endpoint, undefined, this.clock.now());
  }

  @ApiOperation({ summary: 'Makes a new signing secret; for a while the old one signs too' })
  @Post('rotate-secret')
  @Roles('ORG_ADMIN')
  @Answers(
    200,
    'The new signing secret; the one before signs beside it until `previousValidUntil`',
    rotatedSecretSchema,
  )
  async rotate(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
  ): Promise<z.output<typeof rotatedSecretSchema>> {
    const { secret, previousValidUntil } = await this.rotateSecret.execute(principal, id);
    return { secret, previousValidUntil: previousValidUntil.toISOString() };
  }

  @ApiOperation({ summary: 'Shows the signing secret again; needs a fresh step-up' })
  @Get('secret')
  @Roles('ORG_ADMIN')
  @Answers(200, 'The current signing secret; needs a fresh step-up', shownSecretSchema)
  async secret(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
  ): Promise<z.output<typeof shownSecretSchema>> {
    return { secret: await this.revealSecret.execute(principal, id) };
  }

  @ApiOperation({ summary: 'Deliveries of the endpoint in fixed spans of time' })
  @Get('stats')
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(200, 'Attempts of the last 24 hours by hour, oldest first', statsSchema)
  async stats(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
  ): Promise<z.output<typeof statsSchema>> {
    const buckets = await this.endpointStats.execute(tenantId, id);
    return buckets.map(bucket => ({ ...bucket, from: bucket.from.toISOString(), to: bucket.to.toISOString() }));
  }
}
