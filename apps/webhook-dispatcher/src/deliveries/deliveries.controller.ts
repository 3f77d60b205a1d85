import {
  CurrentPrincipal,
  decodeCursor,
  encodeCursor,
  etagOf,
  pageSchema,
  Roles,
  type Page,
  type Principal,
} from '@countersign/platform';
import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Answers } from '../http-answers.js';
import { parseDeliveryFilter } from './delivery-filter.js';
import {
  deliveryDetailSchema,
  deliveryIdSchema,
  deliveryListQuerySchema,
  deliverySchema,
  type ShownDelivery,
  type ShownDeliveryDetail,
} from './delivery.schema.js';
import { ReadDeliveries } from './read-deliveries.js';
import { Redeliver } from './redeliver.js';
import { showDelivery } from './show-delivery.js';

/** The last millisecond of the year 9999: a later one is no cursor of ours. */
const LAST_MOMENT = 253_402_300_799_999;
const cursorSchema = z.tuple([z.number().int().min(0).max(LAST_MOMENT), z.string()]);

@ApiTags('Deliveries')
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(
    private readonly deliveries: ReadDeliveries,
    private readonly redeliver: Redeliver,
  ) {}

  @ApiOperation({ summary: 'The delivery log: told, announced and awaited calls, newest first' })
  @Get()
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(
    200,
    'A page of deliveries and awaited calls, newest first. `filter`: eq on hook, endpoint, state, user, awaited, verdict; gt, ge, lt, le on time; joined by `and`. Follow `page.next` until it is null: a page can hold fewer than `limit`, where what matches is rare',
    pageSchema(deliverySchema),
  )
  async list(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query({ schema: deliveryListQuerySchema }) { limit, cursor, filter }: z.output<typeof deliveryListQuerySchema>,
  ): Promise<Page<ShownDelivery>> {
    const conditions = filter === undefined ? [] : parseDeliveryFilter(filter);
    const before = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema);
    const { rows, next } = await this.deliveries.page(
      tenantId,
      conditions,
      limit,
      before && { createdAt: new Date(before[0]), id: before[1] },
    );
    return {
      data: rows.map(showDelivery),
      page: { next: next ? encodeCursor([next.createdAt.getTime(), next.id]) : null, limit },
    };
  }

  @ApiOperation({ summary: 'One delivery with its attempts and, in words, why it stands as it does' })
  @Get(':id')
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(200, 'The delivery with its attempts, and where it stands in a sentence', deliveryDetailSchema)
  async read(
    @CurrentPrincipal() { tenantId }: Principal,
    @Param('id', { schema: deliveryIdSchema }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ShownDeliveryDetail> {
    const delivery = await this.deliveries.one(tenantId, id);
    reply.header('etag', etagOf(`${delivery.state}-${delivery.attemptCount}-${delivery.verdict ?? ''}`));
    return delivery;
  }

  @ApiOperation({ summary: 'Sends a delivery again, at once and under the same webhook-id' })
  @Post(':id/redeliver')
  @Roles('ORG_ADMIN')
  @Answers(202, 'It is on its way again, under the same id', deliverySchema)
  async again(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: deliveryIdSchema }) id: string,
  ): Promise<ShownDelivery> {
    return showDelivery(await this.redeliver.execute(principal, id));
  }
}
