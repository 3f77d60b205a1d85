import type { Clock } from '@countersign/kernel';
import {
  CLOCK,
  CurrentPrincipal,
  decodeCursor,
  etagOf,
  listQuerySchema,
  pageSchema,
  Roles,
  toPage,
  type Page,
  type Principal,
} from '@countersign/platform';
import { Body, Controller, Delete, Get, Headers, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Answers, Conditional, MergePatch } from '../http-answers.js';
import { CreateEndpoint } from './create-endpoint.js';
import { DeleteEndpoint } from './delete-endpoint.js';
import {
  createdEndpointSchema,
  createEndpointSchema,
  endpointIdSchema,
  endpointSchema,
  savedEndpointSchema,
  saveQuerySchema,
  updateEndpointSchema,
  type EndpointPatch,
  type EndpointSettings,
} from './endpoint.schema.js';
import { ReadEndpoints, type EndpointView } from './read-endpoints.js';
import { showEndpoint } from './show-endpoint.js';
import { TestEndpoint } from './test-endpoint.js';
import { UpdateEndpoint } from './update-endpoint.js';

type Shown = z.output<typeof endpointSchema>;
type SaveQuery = z.output<typeof saveQuerySchema>;

@ApiTags('Webhook endpoints')
@Controller('v1/webhook-endpoints')
export class EndpointsController {
  constructor(
    private readonly readEndpoints: ReadEndpoints,
    private readonly createEndpoint: CreateEndpoint,
    private readonly updateEndpoint: UpdateEndpoint,
    private readonly deleteEndpoint: DeleteEndpoint,
    private readonly testEndpoint: TestEndpoint,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @ApiOperation({ summary: 'The tenant’s endpoints' })
  @Get()
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(200, 'A page of endpoints, oldest first', pageSchema(endpointSchema))
  async list(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query({ schema: listQuerySchema }) { limit, cursor }: z.output<typeof listQuerySchema>,
  ): Promise<Page<Shown>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, z.string());
    const rows = await this.readEndpoints.page(tenantId, limit, after);
    return toPage(
      rows,
      limit,
      row => this.show(row),
      ({ endpoint }) => endpoint.id,
    );
  }

  @ApiOperation({
    summary: 'Adds an endpoint; with ?test=true it is tested as well. The answer shows the signing secret, once',
  })
  @Post()
  @Roles('ORG_ADMIN')
  @Answers(
    201,
    'The endpoint with its signing secret, shown this once; with `test` when asked for',
    createdEndpointSchema,
  )
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: createEndpointSchema }) body: EndpointSettings,
    @Query({ schema: saveQuerySchema }) query: SaveQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof createdEndpointSchema>> {
    const { endpoint, secret } = await this.createEndpoint.execute(principal, body);
    reply.header('location', `/v1/webhook-endpoints/${endpoint.id}`).header('etag', etagOf(endpoint.version));
    const test = query.test === 'true' ? await this.testEndpoint.execute(endpoint) : undefined;
    return { ...this.show({ endpoint }), secret, ...(test ? { test } : {}) };
  }

  @ApiOperation({ summary: 'One endpoint' })
  @Get(':id')
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(200, 'The endpoint', endpointSchema)
  async read(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Shown> {
    const view = await this.readEndpoints.one(tenantId, id);
    reply.header('etag', etagOf(view.endpoint.version));
    return this.show(view);
  }

  @ApiOperation({ summary: 'Changes an endpoint (merge patch); with ?test=true it is tested as well' })
  @Patch(':id')
  @Roles('ORG_ADMIN')
  @MergePatch()
  @Answers(200, 'The endpoint after the change; with `test` when asked for', savedEndpointSchema)
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
    @Body({ schema: updateEndpointSchema }) patch: EndpointPatch,
    @Query({ schema: saveQuerySchema }) query: SaveQuery,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.output<typeof savedEndpointSchema>> {
    const endpoint = await this.updateEndpoint.execute(principal, id, patch, ifMatch);
    reply.header('etag', etagOf(endpoint.version));
    const test = query.test === 'true' ? await this.testEndpoint.execute(endpoint) : undefined;
    return { ...this.show({ endpoint }), ...(test ? { test } : {}) };
  }

  @ApiOperation({ summary: 'Removes an endpoint: what waits for it is discarded, its token is revoked' })
  @Delete(':id')
  @Roles('ORG_ADMIN')
  @Conditional()
  @Answers(204, 'The endpoint is gone, its tokens are revoked, what waited for it is discarded')
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: endpointIdSchema }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.deleteEndpoint.execute(principal, id, ifMatch);
  }

  private show({ endpoint, breaker }: EndpointView): Shown {
    return showEndpoint(endpoint, breaker, this.clock.now());
  }
}
