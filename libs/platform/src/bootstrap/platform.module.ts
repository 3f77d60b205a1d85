import { systemClock } from '@countersign/kernel';
import { Inbox, MessagingOperations, Outbox, type Messaging } from '@countersign/messaging';
import { ServicePersistence, UnitOfWork } from '@countersign/persistence';
import {
  StandardSchemaSerializerInterceptor,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Registry } from 'prom-client';
import { AccessTokenVerifier } from '../auth/access-token-verifier.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { Revocations } from '../auth/revocations.js';
import { ServiceTokens } from '../auth/service-tokens.js';
import { EnvelopeEncryption } from '../crypto/envelope-encryption.js';
import { ReadinessRegistry } from '../health/readiness.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { ValidationPipe } from '../http/validation.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { MessagingOperationsController } from '../messaging-operations.controller.js';
import { ServiceRuntime } from '../service-runtime.js';
import type { PlatformConfig } from './define-service.js';
import { CLOCK, CONFIG } from './tokens.js';

/** What a service with a database has beyond the runtime. */
export interface DataParts {
  persistence: ServicePersistence;
  messaging: Messaging;
  encryption: EnvelopeEncryption;
}

/** The live parts of a service that its providers come from; none of them is read while only its API is described. */
export interface PlatformParts {
  config: PlatformConfig;
  runtime: ServiceRuntime;
  data?: DataParts;
}

/**
 * The providers that every service gets without importing anything, and the one pipe, filter, guard and interceptors that
 * all of its routes and consumers pass through.
 */
export class PlatformModule {
  /** @param hasData whether the service keeps data; it then has the bus, the idempotency keys and the operator's routes. */
  static register(hasData: boolean, parts: () => PlatformParts): DynamicModule {
    const provide = (token: InjectionToken, value: (all: PlatformParts) => unknown): FactoryProvider => ({
      provide: token,
      useFactory: () => value(parts()),
    });
    const providers = [
      provide(CONFIG, ({ config }) => config),
      provide(CLOCK, () => systemClock),
      provide(ServiceRuntime, ({ runtime }) => runtime),
      provide(ServiceTokens, ({ runtime }) => runtime.serviceTokens),
      provide(Revocations, ({ runtime }) => runtime.revocations),
      provide(AccessTokenVerifier, ({ runtime }) => runtime.accessTokens),
      provide(ReadinessRegistry, ({ runtime }) => runtime.readiness),
      provide(Registry, ({ runtime }) => runtime.metrics),
    ];
    if (hasData) {
      providers.push(
        provide(ServicePersistence, ({ data }) => data!.persistence),
        provide(UnitOfWork, ({ data }) => data!.persistence.uow),
        provide(Outbox, ({ data }) => data!.messaging.outbox),
        provide(Inbox, ({ data }) => data!.messaging.inbox),
        provide(MessagingOperations, ({ data }) => data!.messaging.operations),
        provide(EnvelopeEncryption, ({ data }) => data!.encryption),
      );
    }
    return {
      module: PlatformModule,
      global: true,
      controllers: hasData ? [MessagingOperationsController] : [],
      providers: [
        ...providers,
        { provide: APP_PIPE, useClass: ValidationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AuthGuard },
        // Outermost first: what is kept for an idempotency key is the answer as it was serialized.
        ...(hasData ? [{ provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor }] : []),
        { provide: APP_INTERCEPTOR, useClass: StandardSchemaSerializerInterceptor },
      ],
      exports: providers.map(provider => provider.provide),
    };
  }
}
