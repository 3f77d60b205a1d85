import { EVENT_CATALOG, type EventEnvelope } from '@countersign/contracts';
import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { EventContext } from './event-context.js';
import { EventHandlers } from './event-handlers.js';

/**
 * Nest's side of the consumer: gathers the methods with `@EventPattern<string>(type, { handler, batch? })` and calls them
 * through Nest's pipes, guards and interceptors. What is called when is the consumer's affair (`EventConsumer`).
 *
 * Wire it with `app.connectMicroservice({ strategy }, { inheritAppConfig: true })`; the application needs a filter that
 * rethrows what is thrown outside HTTP, or else Nest replaces each error by "Internal server error" and its class is lost.
 */
export class EventServer extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger('messaging');
  /** Nest hands over errors of event handlers instead of logging them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly handlers = new EventHandlers();

  /** @param onClose ends the consumption when Nest closes the application */
  constructor(private readonly onClose: () => Promise<void>) {
    super();
  }

  /** Unlike Nest's own, does not chain two handlers of one type: each has its tries, inbox and dead letters. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    if (!isEventHandler || typeof pattern !== 'string')
      throw new Error('The bus carries events only: use @EventPattern<string>(type, …)');
    const { handler, batch = false } = extras;
    if (typeof handler !== 'string' || !/^[a-z][a-z0-9-]{0,99}$/.test(handler)) {
      throw new Error(`@EventPattern('${pattern}') needs { handler: 'a-stable-name' }`);
    }
    if (!EVENT_CATALOG.has(pattern))
      throw new Error(`Handler ${handler} listens to ${pattern}, which is no event of the catalogue`);
    callback.isEventHandler = true;
    callback.extras = extras;
    this.messageHandlers.set(`${pattern}#${handler}`, callback);
    this.handlers.add({
      type: pattern,
      handler,
      batch: batch === true,
      invoke: (payload, records, attempt) =>
        this.invoke(callback, payload, new EventContext(pattern, handler, records, attempt)),
    });
  }

  /** Only registers; consumption begins with `Messaging.start()`, when the whole service is up. */
  listen(callback: () => void): void {
    callback();
  }

  async close(): Promise<void> {
    await this.onClose();
  }

  on(event: string): never {
    throw new Error(`The bus emits no event ${event}; read its metrics`);
  }

  unwrap(): never {
    throw new Error('There is no client library to unwrap');
  }

  private invoke(
    callback: MessageHandler,
    payload: EventEnvelope | EventEnvelope[],
    context: EventContext,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      // Nest's hooks (its instrumentation) see each call; their own promise is typed void.
      this.runWithProcessingHooks(context, async end => {
        try {
          const result: unknown = await callback(payload, context);
          // An empty stream is a handler with nothing to say, not a failure.
          if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
          resolve();
        } catch (error) {
          reject(error);
        } finally {
          end();
        }
      });
    });
  }
}
