import { setTimeout as pause } from 'node:timers/promises';
import type { ApiAnswer, ApiClient } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { LoginState } from '../support/login.js';
import type { Problem } from '../support/problem.js';
import type { Tenant } from '../support/tenant.js';

/** What a call came to, as a careful client must see it. */
export type Verdict = 'done' | 'nothing_happened' | 'unknown';

const KNOCK_MS = 150;

/**
 * The platform's door for one administrator: counts every answer, keeps a token that is valid, and says of each call whether
 * it was done, was not, or may have been.
 */
export class Door {
  /** Answers by status and code. */
  readonly answers = new Map<string, number>();
  /** Answers that the API does not promise while a part of the platform is down, e.g. 500, 502, 504. */
  readonly unexpected: string[] = [];
  admin: ApiClient;
  private renewing: Promise<void> | undefined;

  /** @param clocksWrong whether tokens may be refused because a verifier's clock is wrong */
  constructor(
    private readonly tenant: Tenant,
    private readonly clocksWrong: boolean,
  ) {
    this.admin = tenant.admin;
  }

  /** Created with the tenant: its event may reach the dispatcher when the endpoint is there already. */
  get adminLogin(): string {
    return this.tenant.adminLogin;
  }

  async call<T>(
    send: (admin: ApiClient) => Promise<ApiAnswer<T>>,
  ): Promise<{ verdict: Verdict; answer?: ApiAnswer<T> }> {
    let answer: ApiAnswer<T>;
    try {
      answer = await send(this.admin);
    } catch {
      this.count('connection broke');
      return { verdict: 'unknown' }; // The gateway itself was killed, or is not there.
    }
    const { status } = answer;
    const code = status < 400 ? '' : ` ${(answer.body as Problem | undefined)?.code ?? answer.text.slice(0, 80)}`;
    this.count(`${String(status)}${code}`);
    if (status < 300) return { verdict: 'done', answer };
    if (status === 401) {
      await this.renew();
      return { verdict: 'nothing_happened', answer };
    }
    if (status !== 503) this.unexpected.push(`${String(status)} ${answer.text.slice(0, 300)}`);
    return { verdict: 'unknown', answer };
  }

  /** Waits until calls are answered again; gives up when `gaveUp` says so. */
  async awaitOpen(gaveUp: () => boolean): Promise<void> {
    while (!gaveUp()) {
      await pause(KNOCK_MS);
      const { verdict } = await this.call(admin => admin.get('/v1/users?limit=1'));
      if (verdict === 'done') return;
    }
  }

  /** Reads, until one of these statuses is the answer: for the judgement, when all is up again. */
  async must<T>(path: string, statuses: readonly number[]): Promise<ApiAnswer<T>> {
    return eventually(`GET ${path} is answered`, async () => {
      const answer = await this.admin.get<T>(path);
      if (answer.status === 401) await this.renew();
      if (!statuses.includes(answer.status)) throw new Error(`${String(answer.status)} ${answer.text}`);
      return answer;
    });
  }

  logInAs<T>(login: string, password: string): Promise<ApiAnswer<T>> {
    return this.tenant.anonymous.post<T>('/v1/login', { tenant: this.tenant.slug, login, password });
  }

  /** A new token, where the old one has run out. Callers at the same time share one login. */
  private renew(): Promise<void> {
    this.renewing ??= this.logIn().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async logIn(): Promise<void> {
    const { slug, adminLogin, adminPassword, anonymous } = this.tenant;
    const credentials = { tenant: slug, login: adminLogin, password: adminPassword };
    await pause(KNOCK_MS);
    try {
      const { status, body, text } = await anonymous.post<LoginState>('/v1/login', credentials);
      this.count(`login ${String(status)}`);
      if (body.tokens) this.admin = this.tenant.admin.as(body.tokens.accessToken);
      else if (status !== 503 && !(this.clocksWrong && status === 401)) this.unexpected.push(`login ${text}`);
    } catch {
      this.count('login: connection broke');
    }
  }

  private count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}
