import { Module } from '@nestjs/common';
import { DeliveryLogRepository } from '../deliveries/delivery-log.repository.js';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { CheckEndpoint } from './check-endpoint.js';
import { CreateEndpoint } from './create-endpoint.js';
import { DeleteEndpoint } from './delete-endpoint.js';
import { EnableEndpoint } from './enable-endpoint.js';
import { EndpointActionsController } from './endpoint-actions.controller.js';
import { EndpointChanged } from './endpoint-changed.js';
import { EndpointStats } from './endpoint-stats.js';
import { EndpointsController } from './endpoints.controller.js';
import { ReadEndpoints } from './read-endpoints.js';
import { RevealSecret } from './reveal-secret.js';
import { RotateSecret } from './rotate-secret.js';
import { SyncPrincipal } from './sync-principal.js';
import { TestEndpoint } from './test-endpoint.js';
import { UpdateEndpoint } from './update-endpoint.js';

@Module({
  imports: [DispatchModule, TransportModule],
  controllers: [EndpointsController, EndpointActionsController],
  providers: [
    CheckEndpoint,
    CreateEndpoint,
    DeleteEndpoint,
    DeliveryLogRepository,
    EnableEndpoint,
    EndpointChanged,
    EndpointStats,
    ReadEndpoints,
    RevealSecret,
    RotateSecret,
    SyncPrincipal,
    TestEndpoint,
    UpdateEndpoint,
  ],
  exports: [SyncPrincipal],
})
export class EndpointsModule {}
