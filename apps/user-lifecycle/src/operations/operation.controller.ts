import { CurrentPrincipal, etagOf, listQuerySchema, Roles, type Page, type Principal } from '@countersign/platform';
import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers } from '../answers.js';
import { CancelOperation } from './cancel-operation.js';
import { FindOperation, type FoundOperation } from './find-operation.js';
import { ListOperationErrors } from './list-operation-errors.js';
import { ListOperations } from './list-operations.js';
import type { OperationError } from './operation.js';
import {
  operationErrorPageSchema, operationIdSchema, operationListQuerySchema, operationPageSchema, operationSchema,
  type ShownOperation,
} from './operation.schema.js'; // prettier-ignore

@ApiTags('Operations')
@Controller('v1/operations')
@Roles('ORG_ADMIN', 'HELPDESK')
export class OperationController {
  constructor(
    private readonly listOperations: ListOperations,
    private readonly findOperation: FindOperation,
    private readonly listErrors: ListOperationErrors,
    private readonly cancelOperation: CancelOperation,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List long-running operations' })
  @Answers(200, 'A page of operations, newest first', operationPageSchema)
  list(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query({ schema: operationListQuerySchema }) query: z.output<typeof operationListQuerySchema>,
  ): Promise<Page<Omit<ShownOperation, 'errors'>>> {
    return this.listOperations.execute({ tenantId, ...query });
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read an operation: its state, progress and errors' })
  @Answers(200, 'The operation', operationSchema)
  async read(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: operationIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownOperation> {
    return tagged(reply, await this.findOperation.execute(tenantId, id));
  }

  @Get(':id/errors')
  @ApiOperation({ summary: 'List what was wrong with the items of an operation' })
  @Answers(200, 'A page of errors, by line', operationErrorPageSchema)
  errors(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: operationIdSchema }) operationId: string,
    @Query({ schema: listQuerySchema }) query: z.output<typeof listQuerySchema>,
  ): Promise<Page<OperationError>> {
    return this.listErrors.execute({ tenantId, operationId, ...query });
  }

  @Post(':id/cancel')
  @ApiOperation({ summary: 'Cancel an operation: it stops before the next item, what was done stays' })
  @Answers(200, 'The operation; its state is `cancelled` as soon as the items under way are over', operationSchema)
  async cancel(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: operationIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownOperation> {
    return tagged(reply, await this.cancelOperation.execute(tenantId, id));
  }
}

function tagged(reply: FastifyReply, { shown, version }: FoundOperation): ShownOperation {
  reply.header('etag', etagOf(version));
  return shown;
}
