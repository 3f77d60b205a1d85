import { CurrentPrincipal, etagOf, listQuerySchema, Roles, type Principal } from '@countersign/platform';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res, SerializeOptions } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  apiKeyIdSchema,
  apiKeyPageSchema,
  apiKeySchema,
  createApiKeySchema,
  createdApiKeySchema,
  showApiKey,
} from './api-keys.schema.js';
import { CreateApiKey } from './create-api-key.js';
import { ListApiKeys } from './list-api-keys.js';
import { RevokeApiKey } from './revoke-api-key.js';

/** A key never changes: it is made and revoked. */
const ETAG = etagOf(1);

@ApiTags('API keys')
@ApiBearerAuth()
@Controller('v1/api-keys')
@Roles('ORG_ADMIN')
export class ApiKeysController {
  constructor(
    private readonly createApiKey: CreateApiKey,
    private readonly listApiKeys: ListApiKeys,
    private readonly revokeApiKey: RevokeApiKey,
  ) {}

  /** The tenant's keys, the youngest first, without their secrets. */
  @Get()
  @ApiOkResponse({ standardSchema: apiKeyPageSchema })
  @SerializeOptions({ schema: apiKeyPageSchema })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuerySchema }) query: z.output<typeof listQuerySchema>,
  ) {
    return this.listApiKeys.execute(principal, query.limit, query.cursor);
  }

  /** Makes a key, sent as `Authorization: Bearer csk_…`. The answer is the only place where it is shown. */
  @Post()
  @ApiCreatedResponse({ standardSchema: createdApiKeySchema })
  @SerializeOptions({ schema: createdApiKeySchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: createApiKeySchema }) body: z.output<typeof createApiKeySchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { apiKey, key } = await this.createApiKey.execute(principal, body);
    void reply.header('location', `/v1/api-keys/${apiKey.id}`).header('etag', ETAG);
    return { ...showApiKey(apiKey), key };
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: apiKeySchema })
  @SerializeOptions({ schema: apiKeySchema })
  async one(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: apiKeyIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const apiKey = await this.listApiKeys.one(principal, id);
    void reply.header('etag', ETAG);
    return apiKey;
  }

  /** Revokes a key, for good. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  revoke(@CurrentPrincipal() principal: Principal, @Param('id', { schema: apiKeyIdSchema }) id: string): Promise<void> {
    return this.revokeApiKey.execute(principal, id);
  }
}
