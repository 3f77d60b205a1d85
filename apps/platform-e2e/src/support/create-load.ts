import { setTimeout as pause } from 'node:timers/promises';
import type { ApiAnswer } from './api.js';
import { uniqueName } from './names.js';
import type { User } from './resources.js';
import { newUser, type Tenant } from './tenant.js';

const GIVE_UP_MS = 120_000;

/**
 * Creates users under pressure, as a stubborn client does: a login whose create was not answered, or by 503 or a broken
 * connection, is tried again, until it is answered with 201 or 409 (an earlier try may have got through).
 */
export class CreateLoad {
  /** Users that the platform has acknowledged with 201, by login. */
  readonly acknowledged = new Map<string, User>();
  /** Logins that a try without an answer may have created. */
  readonly conflicted: string[] = [];
  /** Answers that the API does not promise, e.g. 500 or 502. */
  readonly unexpected: string[] = [];
  private stopped = false;

  constructor(
    private readonly tenant: Tenant,
    private readonly total: number,
    private readonly concurrency = 8,
  ) {}

  get done(): number {
    return this.acknowledged.size + this.conflicted.length;
  }

  async run(): Promise<void> {
    let started = 0;
    const worker = async () => {
      while (started < this.total && !this.stopped) {
        started += 1;
        await this.create(uniqueName('load-'));
      }
    };
    await Promise.all(Array.from({ length: this.concurrency }, worker));
  }

  /** Begins no further create or try; `run` ends when those under way have. */
  stop(): void {
    this.stopped = true;
  }

  private async create(login: string): Promise<void> {
    const giveUp = performance.now() + GIVE_UP_MS;
    do {
      const answer = await this.attempt(login);
      if (answer?.status === 201) {
        this.acknowledged.set(login, answer.body);
        return;
      }
      if (answer?.status === 409) {
        this.conflicted.push(login);
        return;
      }
      if (answer && answer.status !== 503) this.unexpected.push(`${String(answer.status)} ${answer.text}`);
      await pause(100);
    } while (!this.stopped && performance.now() < giveUp);
    if (!this.stopped) throw new Error(`${login} was not created within ${String(GIVE_UP_MS)} ms`);
  }

  private async attempt(login: string): Promise<ApiAnswer<User> | undefined> {
    try {
      return await this.tenant.admin.post<User>('/v1/users', newUser({ login }));
    } catch {
      return undefined; // The connection broke: the door itself was killed.
    }
  }
}
