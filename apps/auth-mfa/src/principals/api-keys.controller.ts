import { checkIfMatch, CurrentPrincipal, etagOf, listQuerySchema, Roles, type Principal } from '@countersign/platform';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  SerializeOptions,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import {
  apiKeyIdSchema,
  apiKeyPageSchema,
  apiKeySchema,
  createApiKeySchema,
  createdApiKeySchema,
} from './api-keys.schema.js';
import { CreateApiKey } from './create-api-key.js';
import { ListApiKeys } from './list-api-keys.js';
import { RevokeApiKey } from './revoke-api-key.js';
import { showApiKey } from './show-api-key.js';

/** A key never changes: it is made and revoked. */
const VERSION = 1;

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

  @ApiOperation({ summary: "The tenant's keys, the youngest first, without their secrets" })
  @Get()
  @ApiOkResponse({ standardSchema: apiKeyPageSchema })
  @SerializeOptions({ schema: apiKeyPageSchema })
  list(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: listQuerySchema }) query: z.output<typeof listQuerySchema>,
  ) {
    return this.listApiKeys.execute(principal, query.limit, query.cursor);
  }

  @ApiOperation({
    summary: 'Makes a key, sent as `Authorization: Bearer csk_…`',
    description: 'The answer is the only place where it is shown.',
  })
  @Post()
  @ApiCreatedResponse({ standardSchema: createdApiKeySchema })
  @SerializeOptions({ schema: createdApiKeySchema })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: createApiKeySchema }) body: z.output<typeof createApiKeySchema>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { apiKey, key } = await this.createApiKey.execute(principal, body);
    void reply.header('location', `/v1/api-keys/${apiKey.id}`).header('etag', etagOf(VERSION));
    return { ...showApiKey(apiKey), key };
  }

  @ApiOperation({ summary: 'One key, without its secret' })
  @Get(':id')
  @ApiOkResponse({ standardSchema: apiKeySchema })
  @SerializeOptions({ schema: apiKeySchema })
  async one(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: apiKeyIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const apiKey = await this.listApiKeys.one(principal, id);
    void reply.header('etag', etagOf(VERSION));
    return apiKey;
  }

  @ApiOperation({ summary: 'Revokes a key, for good' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: apiKeyIdSchema }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    checkIfMatch(ifMatch, VERSION);
    await this.revokeApiKey.execute(principal, id);
  }
}
