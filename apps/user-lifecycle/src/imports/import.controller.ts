import type { Readable } from 'node:stream';
import { CurrentPrincipal, etagOf, Roles, type Principal } from '@countersign/platform';
import { Controller, Headers, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../answers.js';
import { operationSchema, type ShownOperation } from '../operations/operation.schema.js';
import { MEDIA_TYPES } from './accept-files.js';
import { importQuerySchema, type ImportQuery } from './import.schema.js';
import { checkIdempotencyKey, StartImport } from './start-import.js';

const DESCRIPTION = `The body is a file, read as it is sent: CSV (RFC 4180) with headings, or one JSON object a line, in UTF-8.
It is answered with 202 when all of it has arrived and is kept; then each row runs through the whole path of a single user,
hooks and all. What is wrong with a row is an error of the operation, with its line.

Columns of a CSV: \`login\`, \`firstName\`, \`lastName\`, \`userType\`, \`country\`, \`email\`, \`mobile\`, \`manager\` (a user's id),
\`assignedGroups\` (ids of groups) and \`roles\`, both with a semicolon between values, \`password\` (one-time),
\`attributes.<name>\` for the tenant's own attributes, \`securityQuestion.<question>\` with the answer in the cell. An empty
cell says nothing: on an update the value stays. A line of NDJSON is the body of \`POST /v1/users\`, on an update that of
\`PATCH /v1/users/{id}\`, where null clears.`;

@ApiTags('Users')
@Controller('v1/users')
export class ImportController {
  constructor(private readonly startImport: StartImport) {}

  @Post('import')
  @ApiOperation({ summary: 'Import users from a CSV or NDJSON file', description: DESCRIPTION })
  @ApiConsumes(...Object.values(MEDIA_TYPES))
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiHeader({
    name: 'Idempotency-Key',
    description: 'the same file under the same key starts one import; its body is compared as it is read',
    required: false,
    schema: { type: 'string' },
  })
  @Roles('ORG_ADMIN', 'HELPDESK')
  @Answers(202, 'The import; `location` names where to follow it', operationSchema)
  async start(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: importQuerySchema }) query: ImportQuery,
    @Headers('content-type') contentType: string | undefined,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() { body }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownOperation> {
    const key = checkIdempotencyKey(idempotencyKey);
    const command = { principal, contentType, body: body as Readable | undefined, query, idempotencyKey: key };
    const { shown, version, replayed } = await this.startImport.execute(command);
    reply.header('location', `/v1/operations/${shown.id}`).header('etag', etagOf(version));
    if (replayed) reply.header('idempotency-replayed', 'true');
    return shown;
  }
}
