import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { PasswordHashing } from '../credentials/password-hashing.js';

/** How a first step of a login ended; `step_due` and `done` had the right password. */
export type LoginOutcome = 'done' | 'step_due' | 'refused' | 'held_up';

/** What an operator watches of logins: a wave of refusals, and cores that hashing has used up. */
@Injectable()
export class LoginMetrics {
  private readonly logins: Counter<'outcome'>;

  constructor(registry: Registry, hashing: PasswordHashing) {
    const registers = [registry];
    this.logins = new Counter({
      name: 'auth_logins_total',
      help: 'Passwords given to log in, by outcome: done, step_due, refused, held_up (back-off)',
      labelNames: ['outcome'],
      registers,
    });
    new Gauge({
      name: 'auth_password_hashing_calls',
      help: 'Calls let in that hash passwords, waiting ones included',
      registers,
      collect() {
        this.set(hashing.load.admitted);
      },
    });
    new Counter({
      name: 'auth_password_hashing_refused_total',
      help: 'Calls refused as overloaded because too many passwords were being hashed',
      registers,
      collect() {
        this.reset();
        this.inc(hashing.load.refused);
      },
    });
  }

  count(outcome: LoginOutcome): void {
    this.logins.inc({ outcome });
  }
}
