import { BaseRpcContext } from '@nestjs/microservices';
import type { BusRecord } from '../port/bus-driver.js';

/** What `@Ctx()` gives a handler: which try of which records this is. */
export class EventContext extends BaseRpcContext<[readonly BusRecord[], number]> {
  constructor(
    readonly pattern: string,
    readonly handler: string,
    records: readonly BusRecord[],
    attempt: number,
  ) {
    super([records, attempt]);
  }

  get records(): readonly BusRecord[] {
    return this.args[0];
  }

  /** 1 on the first try. */
  get attempt(): number {
    return this.args[1];
  }

  getPattern(): string {
    return this.pattern;
  }
}
