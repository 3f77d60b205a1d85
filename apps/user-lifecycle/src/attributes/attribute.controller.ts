import { CurrentPrincipal, etagOf, Roles, SignedIn, type Principal } from '@countersign/platform';
import { Body, Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers, Conditional } from '../answers.js';
import { attributesSchema, putAttributesSchema, type AttributeCatalog } from './attribute.schema.js';
import { ReadAttributes } from './read-attributes.js';
import { ReplaceAttributes } from './replace-attributes.js';

type Attributes = Pick<AttributeCatalog, 'attributes'>;

@ApiTags('Users')
@Controller('v1/user-attributes')
export class AttributeController {
  constructor(
    private readonly readAttributes: ReadAttributes,
    private readonly replaceAttributes: ReplaceAttributes,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Read the custom attributes of users' })
  @SignedIn()
  @Answers(200, "The tenant's typed attributes of users", attributesSchema)
  async read(
    @CurrentPrincipal() { tenantId }: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attributes> {
    return tagged(reply, await this.readAttributes.execute(tenantId));
  }

  @Put()
  @ApiOperation({ summary: 'Set the custom attributes of users' })
  @Conditional()
  @Roles('ORG_ADMIN')
  @Answers(200, 'The attributes as they are now', attributesSchema)
  async replace(
    @CurrentPrincipal() { tenantId }: Principal,
    @Body({ schema: putAttributesSchema }) { attributes }: z.output<typeof putAttributesSchema>,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attributes> {
    return tagged(reply, await this.replaceAttributes.execute({ tenantId, attributes, ifMatch }));
  }
}

function tagged(reply: FastifyReply, { attributes, version }: AttributeCatalog): Attributes {
  reply.header('etag', etagOf(version));
  return { attributes };
}
