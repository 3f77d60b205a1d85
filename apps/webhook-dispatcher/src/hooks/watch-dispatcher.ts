import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DispatcherMetrics } from '../dispatch/dispatcher-metrics.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { EndpointGates } from '../dispatch/endpoint-gates.js';
import { Bulkhead } from './bulkhead.js';

/** Lets the metrics read what is under way. */
@Injectable()
export class WatchDispatcher implements OnModuleInit {
  constructor(
    private readonly metrics: DispatcherMetrics,
    private readonly dispatcher: Dispatcher,
    private readonly gates: EndpointGates,
    private readonly bulkhead: Bulkhead,
  ) {}

  onModuleInit(): void {
    this.metrics.watch({
      inFlight: () => this.dispatcher.inFlight,
      held: () => this.dispatcher.held,
      writing: () => this.dispatcher.writing,
      breakersOpen: () => this.gates.openCount(Date.now()),
      awaited: () => this.bulkhead.inFlight,
    });
  }
}
