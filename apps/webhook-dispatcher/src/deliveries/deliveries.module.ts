import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { AnnounceHook } from '../hooks/announce-hook.js';
import { AskEndpoint } from '../hooks/ask-endpoint.js';
import { AskHook } from '../hooks/ask-hook.js';
import { AwaitedRecords } from '../hooks/awaited-records.js';
import { Bulkhead } from '../hooks/bulkhead.js';
import { HookCallsController } from '../hooks/hook-calls.controller.js';
import { WatchDispatcher } from '../hooks/watch-dispatcher.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { FanOutEventConsumer } from './fan-out-event.consumer.js';
import { ReadDeliveries } from './read-deliveries.js';
import { RecordVerdict } from './record-verdict.js';
import { Redeliver } from './redeliver.js';

/** What is asked, announced and told, and the log of all of it. */
@Module({
  imports: [DispatchModule],
  controllers: [DeliveriesController, HookCallsController, FanOutEventConsumer],
  providers: [
    AnnounceHook,
    AskEndpoint,
    AskHook,
    AwaitedRecords,
    Bulkhead,
    DeliveryLogRepository,
    ReadDeliveries,
    RecordVerdict,
    Redeliver,
    WatchDispatcher,
  ],
})
export class DeliveriesModule {}
