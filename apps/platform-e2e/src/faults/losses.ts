import type { LoginState } from '../support/login.js';
import type { AuditRow, Page, User } from '../support/resources.js';
import type { Door } from './door.js';
import { fingerprint, stateOfUser, type ModelUser } from './model-user.js';
import type { Told } from './told.js';

/** Users whose password is tried: a login costs a hash. */
const LOGINS = 40;
const AT_ONCE = 8;

export interface Losses {
  /** Acknowledged changes that cannot be read, were not delivered, are not in the audit log or did not reach the login. */
  readonly lost: number;
  /** Users whose deliveries first arrived in another order than their versions. */
  readonly disordered: number;
  /** What is wrong, in words. */
  readonly violations: readonly string[];
}

/** Compares what was acknowledged with what the platform shows and has told, once all is drained. */
export async function findLosses(door: Door, users: readonly ModelUser[], told: Told): Promise<Losses> {
  const finder = new LossFinder(door, told, await auditRowsByUser(door));
  const queue = [...users];
  const work = async () => {
    for (let user = queue.shift(); user; user = queue.shift()) await finder.look(user);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const withPassword = users.filter(({ password, uncertain, state }) => password && state && !uncertain);
  for (const user of withPassword.slice(-LOGINS)) await finder.tryLogin(user);
  finder.lookForStrangers(users);
  return finder;
}

class LossFinder implements Losses {
  lost = 0;
  disordered = 0;
  readonly violations: string[] = [];

  constructor(
    private readonly door: Door,
    private readonly told: Told,
    private readonly audited: ReadonlyMap<string, number>,
  ) {}

  async look(user: ModelUser): Promise<void> {
    const told = this.told.byLogin.get(user.login) ?? [];
    const found = await this.read(user);
    if (!found) {
      if (user.state) this.lose(user.acknowledged.length, `${user.login} was acknowledged and is not there`);
      else if (told.length > 0) this.violations.push(`${user.login} is not there and was told of: ${told.join('; ')}`);
      return;
    }
    const history = user.history(found.version);
    if (!history) {
      const missing = Math.max(1, user.acknowledged.length - found.version);
      this.lose(missing, `${user.login} is at version ${String(found.version)} of ${String(user.acknowledged.length)}`);
      return;
    }
    const expected = history.map(fingerprint);
    if (fingerprint(stateOfUser(found)) !== expected.at(-1)) {
      this.lose(1, `${user.login} is ${fingerprint(stateOfUser(found))}, not ${String(expected.at(-1))}`);
    }
    this.compare(user.login, expected, told);
    const rows = this.audited.get(found.id) ?? 0;
    if (rows < history.length) this.lose(history.length - rows, `${user.login}: ${String(rows)} audit rows`);
    if (rows > history.length)
      this.violations.push(`${user.login}: ${String(rows)} audit rows for ${String(history.length)}`);
  }

  /** Whether the login knows the user's last state: auth-mfa's own copy has caught up. */
  async tryLogin({ login, password, state }: ModelUser): Promise<void> {
    const expected = state?.status === 'active' ? 200 : 401;
    const { status, text } = await this.door.logInAs<LoginState>(login, String(password));
    if (status !== expected) {
      this.lose(1, `${login} is ${String(state?.status)} and its login is answered by ${String(status)} ${text}`);
    }
  }

  /** Nothing may be told of a user that neither the load nor the operator has created. */
  lookForStrangers(users: readonly ModelUser[]): void {
    const known = new Set([this.door.adminLogin, ...users.map(({ login }) => login)]);
    for (const login of this.told.byLogin.keys()) {
      if (!known.has(login)) this.violations.push(`told of ${login}, which nobody created`);
    }
  }

  private compare(login: string, expected: readonly string[], told: readonly string[]): void {
    if (JSON.stringify(expected) === JSON.stringify(told)) return;
    const missing = expected.filter(state => !told.includes(state)).length;
    if (missing === 0 && told.length === expected.length) this.disordered++;
    this.lost += missing;
    this.violations.push(`${login} was told:\n  ${told.join('\n  ')}\nexpected:\n  ${expected.join('\n  ')}`);
  }

  private lose(changes: number, what: string): void {
    this.lost += changes;
    this.violations.push(what);
  }

  private async read({ id, login }: ModelUser): Promise<User | undefined> {
    if (id !== undefined) {
      const { status, body } = await this.door.must<User>(`/v1/users/${id}`, [200, 404]);
      return status === 200 ? body : undefined;
    }
    const filter = encodeURIComponent(`login eq "${login}"`);
    return (await this.door.must<Page<User>>(`/v1/users?filter=${filter}`, [200])).body.data[0];
  }
}

/** How many changes of each user the audit log holds. */
async function auditRowsByUser(door: Door): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const filter = encodeURIComponent('action sw "user."');
    const { body } = await door.must<Page<AuditRow>>(`/v1/audit?limit=200&filter=${filter}${from}`, [200]);
    for (const { target } of body.data) rows.set(target.id, (rows.get(target.id) ?? 0) + 1);
    cursor = body.page.next;
  }
  return rows;
}
