import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { ExpireDeliveries } from './expire-deliveries.js';
import { Housekeeping } from './housekeeping.js';
import { KeepPartitions } from './keep-partitions.js';

@Module({
  imports: [DispatchModule, EndpointsModule],
  providers: [ExpireDeliveries, Housekeeping, KeepPartitions],
})
export class RetentionModule {}
