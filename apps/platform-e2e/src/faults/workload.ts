import { setTimeout as pause } from 'node:timers/promises';
import { strongPassword, uniqueName } from '../support/names.js';
import type { User } from '../support/resources.js';
import { newUser } from '../support/tenant.js';
import type { ApiAnswer, ApiClient } from '../support/api.js';
import { nextChange, seededRandom, type Change } from './changes.js';
import type { Door } from './door.js';
import { ModelUser, type UserState } from './model-user.js';

type Send = (admin: ApiClient) => Promise<ApiAnswer<User>>;

const WORKERS = 6;
/** Between two changes of a worker, in milliseconds: the machine is to have some air, or recovery times tell of queues alone. */
const PACE_MS = 15;
const MOST_CHANGES = 6;
/** Every so many users have a password: hashing it is the dearest part of a create. */
const PASSWORD_EVERY = 4;

/**
 * Creates users and changes each several times, as fast as the platform answers, and remembers what was acknowledged. It
 * never repeats a change whose outcome is unknown: that user is left alone, so both outcomes can be told apart at the end.
 */
export class Workload {
  readonly users: ModelUser[] = [];
  /** Acknowledged changes so far, creations included. */
  acknowledged = 0;
  /** The longest time without an acknowledgement, in milliseconds. */
  longestSilenceMs = 0;
  private lastAt = performance.now();
  private readonly random: () => number;
  private stopped = false;
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly door: Door,
    private readonly group: string,
    seed: number,
  ) {
    this.random = seededRandom(seed);
  }

  start(): void {
    this.lastAt = performance.now();
    this.running = Promise.all(Array.from({ length: WORKERS }, () => this.work()));
  }

  /** Begins nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      const user = await this.create();
      const changes = user ? Math.floor(this.random() * MOST_CHANGES) : 0;
      for (let step = 1; user && step <= changes && !this.stopped; step++) {
        const { state } = user;
        if (!state || state.status === 'deleted') break;
        await pause(PACE_MS);
        if (!(await this.change(user, nextChange(state, this.group, step, this.random)))) break;
      }
      await pause(PACE_MS);
    }
  }

  /** @returns the user when its creation was acknowledged */
  private async create(): Promise<ModelUser | undefined> {
    const withPassword = this.users.length % PASSWORD_EVERY === 0;
    const user = new ModelUser(uniqueName('fault-'), withPassword ? strongPassword() : undefined);
    const fields = newUser({
      login: user.login,
      lastName: 'Step 0',
      ...(withPassword ? { password: user.password } : {}),
    });
    const to = { lastName: 'Step 0', status: 'active', groups: [] };
    this.users.push(user);
    const answer = await this.attempt(user, to, admin => admin.post<User>('/v1/users', fields));
    user.id = answer?.body.id;
    return answer ? user : undefined;
  }

  private async change(user: ModelUser, { to, send }: Change): Promise<boolean> {
    const { id } = user;
    if (id === undefined) throw new Error('only a user that was acknowledged is changed');
    return (await this.attempt(user, to, admin => send(admin, id))) !== undefined;
  }

  /** @returns the answer that acknowledges the change */
  private async attempt(user: ModelUser, to: UserState, send: Send) {
    for (;;) {
      const { verdict, answer } = await this.door.call(send);
      if (verdict === 'done') {
        user.acknowledged.push(to);
        this.note();
        return answer;
      }
      if (verdict === 'unknown' || this.stopped) {
        if (verdict === 'unknown') user.uncertain = to;
        await this.door.awaitOpen(() => this.stopped);
        return undefined;
      }
    }
  }

  private note(): void {
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.lastAt);
    this.lastAt = now;
    this.acknowledged++;
  }
}
