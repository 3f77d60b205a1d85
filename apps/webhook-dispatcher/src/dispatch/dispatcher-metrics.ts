import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HttpResult } from '../transport/http-sender.js';

/** What an operator watches of the dispatcher. */
@Injectable()
export class DispatcherMetrics {
  private readonly attempts: Counter<'hook' | 'outcome'>;
  private readonly duration: Histogram<'kind'>;
  readonly dueAge: Gauge;
  readonly reclaimed: Counter;
  readonly finished: Counter<'state'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'webhook_attempts_total',
      help: 'Attempts by hook and outcome: succeeded, refused_status, timed_out, not_connected, broken, denied',
      labelNames: ['hook', 'outcome'],
      registers,
    });
    this.duration = new Histogram({
      name: 'webhook_attempt_duration_seconds',
      help: 'Time of an attempt, the whole answer included',
      labelNames: ['kind'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 30],
      registers,
    });
    this.dueAge = new Gauge({
      name: 'webhook_due_age_seconds',
      help: 'How long the oldest delivery that may be sent has been due',
      registers,
    });
    this.reclaimed = new Counter({
      name: 'webhook_reclaimed_total',
      help: 'Deliveries taken over from replicas that are gone',
      registers,
    });
    this.finished = new Counter({
      name: 'webhook_deliveries_total',
      help: 'Deliveries that ended, by state',
      labelNames: ['state'],
      registers,
    });
  }

  /** Gauges that are read when they are scraped. */
  watch(read: {
    inFlight(): number;
    held(): number;
    breakersOpen(): number;
    writing(): number;
    awaited(): number;
  }): void {
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge('webhook_in_flight', 'Attempts of durable deliveries in flight', read.inFlight);
    gauge('webhook_held', 'Deliveries in memory, in flight or waiting for their turn', read.held);
    gauge('webhook_breakers_open', 'Endpoints of this replica whose breaker is not closed', read.breakersOpen);
    gauge('webhook_completions_waiting', 'Ended attempts that wait to be written', read.writing);
    gauge('webhook_awaited_in_flight', 'Awaited calls in flight', read.awaited);
  }

  attempt(hook: string, kind: 'durable' | 'awaited', result: HttpResult, succeeded: boolean): void {
    const outcome = succeeded ? 'succeeded' : result.transport === 'answered' ? 'refused_status' : result.transport;
    this.attempts.inc({ hook, outcome });
    this.duration.observe({ kind }, result.durationMs / 1000);
  }
}
