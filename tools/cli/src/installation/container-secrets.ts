import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceDatabase } from '@countersign/persistence';
import { writePrivateText } from './data-directory.js';
import { ensureSecrets, newPassword, type SecretFolder } from './secrets.js';
import { DATA_SERVICES } from './services.js';

/** Database and administrator as docker-compose.yml names them. */
const ADMIN = 'postgres';
const HOST_AND_DATABASE = 'postgres:5432/countersign';

/** The folder whose files are mounted into the containers, each into those that need it. */
export class ContainerSecrets implements SecretFolder {
  constructor(readonly path: string) {}

  secret(name: string): string {
    return join(this.path, name);
  }

  /**
   * Makes whatever is missing and changes none that is there: what an installation in a data folder has too, and the
   * database's URLs, because a container reads its URL from a file.
   * @param owner whom the files are given to, when it is not the user who runs this
   * @returns the names of the files that were made
   * @throws Error when a URL is there whose password is not the one that the migration would set
   */
  async ensure(owner?: { uid: number; gid: number }): Promise<string[]> {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    chmodSync(this.path, 0o700);
    const before = new Set(readdirSync(this.path));
    const passwords = await ensureSecrets(this);
    const admin = this.ensureText('database-admin.password', newPassword);
    this.ensureUrl('database-admin.url', ADMIN, admin);
    for (const { name } of DATA_SERVICES) {
      const { app, worker } = serviceDatabase(name);
      this.ensureUrl(`${name}.database.url`, app, passwords.services[name]!.app);
      this.ensureUrl(`${name}.database-worker.url`, worker, passwords.services[name]!.worker);
    }
    const all = readdirSync(this.path);
    if (owner) for (const name of all) chownSync(this.secret(name), owner.uid, owner.gid);
    return all.filter(name => !before.has(name));
  }

  private ensureText(name: string, make: () => string): string {
    const path = this.secret(name);
    if (!existsSync(path)) writePrivateText(path, make());
    return readFileSync(path, 'utf8').trim();
  }

  /** The host may be another one by now; another password would lock the service out. */
  private ensureUrl(name: string, user: string, password: string): void {
    const url = this.ensureText(name, () => `postgresql://${user}:${password}@${HOST_AND_DATABASE}`);
    if (URL.canParse(url) && decodeURIComponent(new URL(url).password) === password) return;
    throw new Error(
      `${this.secret(name)} has another password than ${user} has in ${this.path}: ` +
        'bring the lost file back from your backup, or remove this one to have it made anew.',
    );
  }
}
