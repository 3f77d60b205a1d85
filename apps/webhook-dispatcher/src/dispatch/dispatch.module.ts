import { Module } from '@nestjs/common';
import { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { EndpointRepository } from '../endpoints/endpoint.repository.js';
import { SubscriptionRepository } from '../endpoints/subscription.repository.js';
import { SwitchOffEndpoint } from '../endpoints/switch-off-endpoint.js';
import { CallHook } from '../hooks/call-hook.js';
import { EndpointTokens } from '../tokens/endpoint-tokens.js';
import { TransportModule } from '../transport/transport.module.js';
import { BreakerRepository } from './breaker.repository.js';
import { ClaimDeliveries } from './claim-deliveries.js';
import { CompletionRepository } from './completion.repository.js';
import { Completions } from './completions.js';
import { ClaimRepository } from './claim.repository.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import { Dispatcher } from './dispatcher.js';
import { EndpointGates } from './endpoint-gates.js';
import { KeepClaims } from './keep-claims.js';
import { RunAttempt } from './run-attempt.js';

const shared = [
  BreakerRepository,
  CallHook,
  DeliveryQueueRepository,
  ClaimRepository,
  Dispatcher,
  DispatcherMetrics,
  EndpointDirectory,
  EndpointGates,
  EndpointRepository,
  EndpointTokens,
  SubscriptionRepository,
];

/** The engine: the queue, the worker, what it knows of endpoints, and the calls themselves. */
@Module({
  imports: [TransportModule],
  providers: [...shared, ClaimDeliveries, CompletionRepository, Completions, KeepClaims, RunAttempt, SwitchOffEndpoint],
  exports: shared,
})
export class DispatchModule {}
