import { DomainError } from '@countersign/kernel';

/** One answer for a wrong tenant, login and password, and for an account that may not sign in: nothing can be told from it. */
export function invalidCredentials(): DomainError {
  return new DomainError('invalid_credentials', 'unauthenticated', 'Tenant, login or password is wrong');
}

/** One answer for a transaction that is unknown, expired, finished, or overtaken by what happened to the user meanwhile. */
export function invalidTransaction(): DomainError {
  return new DomainError('invalid_transaction', 'unauthenticated', 'This login is not under way any more; start again');
}

/** The transaction is good, but not for this call. */
export function wrongStep(state: string): DomainError {
  return new DomainError(
    'wrong_login_step',
    'conflict',
    `The login is at ${state}; ask POST /v1/login/state what is due`,
  );
}
