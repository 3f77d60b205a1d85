import { EventPattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { Catch, Controller, Module, type ExceptionFilter, type INestMicroservice, type Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { EventEnvelope } from '@countersign/contracts';

/** A handler of a test; what its class would say with decorators. */
export interface ProbeHandler {
  type: string;
  handler: string;
  /** Takes one event. */
  one?: (event: EventEnvelope) => unknown;
  /** Takes a batch. */
  many?: (events: EventEnvelope[]) => unknown;
}

/** Like the platform's filter: outside HTTP the error itself goes on. */
class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}
Catch()(RethrowFilter);

/** A Nest controller with a method for each handler, decorated as `@EventPattern<string>(type, { handler, batch })` does. */
export function consumerClass(handlers: readonly ProbeHandler[]): Type {
  class ProbeConsumer {}
  handlers.forEach(({ type, handler, one, many }, index) => {
    const name = `handle${index}`;
    const value = (payload: never) => (many ? many(payload) : one!(payload));
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(ProbeConsumer.prototype, name, descriptor);
    EventPattern<string>(type, { handler, batch: many !== undefined })(ProbeConsumer.prototype, name, descriptor);
    Payload()(ProbeConsumer.prototype, name, 0);
  });
  Controller()(ProbeConsumer);
  return ProbeConsumer;
}

/** A Nest application around the strategy, with the consumer classes as its controllers. */
export async function connectStrategy(strategy: unknown, controllers: Type[]): Promise<INestMicroservice> {
  class ProbeModule {}
  Module({ controllers, providers: [{ provide: APP_FILTER, useClass: RethrowFilter }] })(ProbeModule);
  const options = { strategy, logger: false, abortOnError: false } as MicroserviceOptions;
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(ProbeModule, options);
  await app.listen();
  return app;
}
