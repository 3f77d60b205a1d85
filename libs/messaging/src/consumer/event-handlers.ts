import { EVENT_CATALOG, type EventEnvelope } from '@countersign/contracts';
import type { BusRecord } from '../port/bus-driver.js';

/** One handler of one event type: a method with `@EventPattern<string>(type, { handler, batch? })`. */
export interface EventHandler {
  readonly type: string;
  /** Stable name: the inbox's and the dead letters' key. */
  readonly handler: string;
  /** Takes an array of events, of several tenants, in order. */
  readonly batch: boolean;
  invoke(payload: EventEnvelope | EventEnvelope[], records: readonly BusRecord[], attempt: number): Promise<void>;
}

/** The handlers of a service by event type. */
export class EventHandlers {
  private readonly byType = new Map<string, EventHandler[]>();

  /** @throws Error when the type has a handler of that name already: the two would share an inbox. */
  add(handler: EventHandler): void {
    const handlers = this.byType.get(handler.type) ?? [];
    if (handlers.some(other => other.handler === handler.handler)) {
      throw new Error(`Two handlers of ${handler.type} are named ${handler.handler}; each needs a name of its own`);
    }
    this.byType.set(handler.type, [...handlers, handler]);
  }

  of(type: string): readonly EventHandler[] {
    return this.byType.get(type) ?? [];
  }

  /** Names of the handlers that get events of a topic. */
  namesFor(topic: string): string[] {
    const types = this.types.filter(type => EVENT_CATALOG.get(type)?.topic === topic);
    return [...new Set(types.flatMap(type => this.of(type).map(({ handler }) => handler)))];
  }

  get types(): string[] {
    return [...this.byType.keys()];
  }
}
