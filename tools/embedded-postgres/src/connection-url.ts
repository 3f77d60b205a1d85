/** Login and database of a connection; `postgres` is there from the start. */
export interface Login {
  user: string;
  password: string;
  database: string;
}

/**
 * A PostgreSQL URL of a socket that `pg`, TypeORM, libpq and `new URL()` all read: the folder is the query's `host`, which
 * takes the place of the name in front (PostgreSQL documentation, connection URIs).
 */
export function socketUrl(socketDir: string, login: Login): string {
  const [user, password, database] = [login.user, login.password, login.database].map(encodeURIComponent);
  return `postgresql://${user}:${password}@localhost/${database}?host=${encodeURIComponent(socketDir)}`;
}
