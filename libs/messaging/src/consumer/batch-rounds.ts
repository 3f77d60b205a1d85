import { Gather } from '../connection/gather.js';
import type { Received } from './call-handler.js';
import type { EventHandler } from './event-handlers.js';

/** A call of the handler takes no more events than a partition may have open, unless one partition's alone are more. */
interface Round {
  parts: (readonly Received[])[];
  events: number;
}

/**
 * Calls batch handlers once for what several partitions have for them at the same time: a call is a transaction, and a busy
 * consumer is woken with a few events in each of many partitions. A partition waits for no other one's call to end before
 * its own begins.
 */
export class BatchRounds {
  private readonly gathers = new Map<EventHandler, Gather<readonly Received[], { error: unknown } | undefined>>();

  constructor(
    private readonly mostEvents: number,
    private readonly invoke: (handler: EventHandler, received: readonly Received[]) => Promise<void>,
  ) {}

  /** @throws what the handler throws for these events, called with them alone if a call with others failed */
  async call(handler: EventHandler, received: readonly Received[]): Promise<void> {
    let gather = this.gathers.get(handler);
    if (!gather) {
      gather = new Gather(parts => this.run(handler, parts));
      this.gathers.set(handler, gather);
    }
    const failure = await gather.add(received);
    if (failure) throw failure.error;
  }

  private async run(handler: EventHandler, parts: readonly (readonly Received[])[]) {
    const rounds: Round[] = [];
    for (const part of parts) {
      const last = rounds.at(-1);
      if (last && last.events + part.length <= this.mostEvents) {
        last.parts.push(part);
        last.events += part.length;
      } else rounds.push({ parts: [part], events: part.length });
    }
    const outcomes = await Promise.all(rounds.map(round => this.runRound(handler, round)));
    return outcomes.flat();
  }

  private async runRound(handler: EventHandler, { parts }: Round) {
    const alone = async (part: readonly Received[]) => {
      try {
        await this.invoke(handler, part);
        return undefined;
      } catch (error) {
        return { error };
      }
    };
    const outcome = await alone(parts.flat());
    if (!outcome || parts.length === 1) return parts.map(() => outcome);
    // Whose event it was is found by each partition for itself.
    return Promise.all(parts.map(alone));
  }
}
