import { Injectable } from '@nestjs/common';
import type { Hashing } from './password-hashing.js';
import { PASSWORD_REUSED, passwordProblem, passwordRefused } from './password-policy.js';

export interface NewPassword {
  password: string;
  login: string;
  /** Hashes of the passwords that the user had last. */
  history: readonly string[];
  /** JSON pointer of the password in the request. */
  pointer: string;
}

/** Judges a password that a person has chosen, with the ones it had before. */
@Injectable()
export class CheckNewPassword {
  /** @throws DomainError 422 naming the field and the remedy */
  async execute(wanted: NewPassword, hashing: Hashing): Promise<void> {
    const problem = passwordProblem(wanted.password, wanted.login);
    if (problem) throw passwordRefused(wanted.pointer, problem);
    for (const hash of wanted.history) {
      if (await hashing.verify(hash, wanted.password)) throw passwordRefused(wanted.pointer, PASSWORD_REUSED);
    }
  }
}
