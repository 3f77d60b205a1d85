import type { ReceivedCall } from '../support/received-call.js';
import { status, text } from '../support/receiver-behaviour.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { fingerprint, stateOfBody } from './model-user.js';

const HOOKS = ['postCreateUser', 'postUpdateUser'];
/** One first attempt in so many is refused, so that retries are under way when the fault strikes. */
const REFUSE_EVERY = 32;

/** What the tenant's receiver was told: every delivery of both hooks, in order of first arrival. */
export class Told {
  /** By login, the states in the order in which their deliveries first arrived. */
  readonly byLogin = new Map<string, string[]>();
  readonly deliveries = new Set<string>();
  private readonly open = new Set<string>();
  private arrivals = 0;
  private refusals = 0;

  constructor(receiver: WebhookReceiver) {
    for (const hook of HOOKS) {
      receiver.on(hook, (call, response) => (this.take(call) ? text('')(call, response) : status(503)(call, response)));
    }
  }

  static get hooks(): readonly string[] {
    return HOOKS;
  }

  /** Attempts beyond the one that each delivery needed, and the one more that each refusal asked for. */
  get repeated(): number {
    return this.arrivals - this.refusals - this.deliveries.size;
  }

  /** Deliveries that were refused and have not come back yet. */
  get unanswered(): number {
    return this.open.size;
  }

  private take(call: ReceivedCall): boolean {
    const id = call.webhookId;
    this.arrivals++;
    const isFirst = !this.deliveries.has(id);
    if (isFirst) {
      this.deliveries.add(id);
      const login = String(call.user['login']);
      const states = this.byLogin.get(login) ?? [];
      states.push(fingerprint(stateOfBody(call.user)));
      this.byLogin.set(login, states);
    }
    if (isFirst && this.deliveries.size % REFUSE_EVERY === 0) {
      this.refusals++;
      this.open.add(id);
      return false;
    }
    this.open.delete(id);
    return true;
  }
}
