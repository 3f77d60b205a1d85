import type { EntityClass } from '@countersign/persistence';
import { AttemptEntity } from './deliveries/attempt.entity.js';
import { DeliveryLogEntity } from './deliveries/delivery-log.entity.js';
import { DeliveryEntity } from './deliveries/delivery.entity.js';
import { EventEntity } from './deliveries/event.entity.js';
import { EndpointStateEntity } from './dispatch/endpoint-state.entity.js';
import { EndpointHookEntity } from './endpoints/endpoint-hook.entity.js';
import { EndpointEntity } from './endpoints/endpoint.entity.js';
import { SigningSecretEntity } from './signing/signing-secret.entity.js';

/** Every table of the service that is its own. */
export const entities: readonly EntityClass[] = [
  EndpointEntity,
  EndpointHookEntity,
  SigningSecretEntity,
  EndpointStateEntity,
  EventEntity,
  DeliveryEntity,
  DeliveryLogEntity,
  AttemptEntity,
];
