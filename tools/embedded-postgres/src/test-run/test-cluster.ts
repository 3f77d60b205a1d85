import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Login } from '../connection-url.js';

/** A cluster for tests; nobody has to stop it. */
export class TestCluster {
  private readonly url: string;
  private readonly run: string;

  /** @param run names the run of tests: on a server that outlives it, no template of another version may be used */
  constructor(url: string, run: string) {
    this.url = url;
    this.run = run;
  }

  /** Superuser's URL of a database. */
  adminUrl(database = 'postgres'): string {
    const url = new URL(this.url);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.href;
  }

  urlFor(login: Login): string {
    const url = new URL(this.adminUrl(login.database));
    url.username = encodeURIComponent(login.user);
    url.password = encodeURIComponent(login.password);
    return url.href;
  }

  /**
   * Makes a database that is a copy of a template, and answers its name. The first caller of a key in the cluster makes
   * the template; a file of tests then pays a tenth of a second and not for every migration.
   * @param key all that the template's content depends on
   * @param build fills the empty database that becomes the template; only one runs at a time, so it may alter roles
   */
  async createDatabase(key: string, build: (database: string) => Promise<void>): Promise<string> {
    const template = `template_${createHash('sha256').update(`${this.run} ${key}`).digest('hex').slice(0, 32)}`;
    const name = `test_${token()}`;
    await this.asAdmin(async admin => {
      await this.ensureTemplate(admin, template, build);
      await admin.query(`create database ${name} template ${template}`);
    });
    return name;
  }

  /** Drops a database; connections that are still open are cut off. */
  async dropDatabase(name: string): Promise<void> {
    await this.asAdmin(admin => admin.query(`drop database if exists "${name}" with (force)`));
  }

  /** A superuser's connection to the database `postgres`. */
  async asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
    const admin = new pg.Client({ connectionString: this.adminUrl() });
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.end();
    }
  }

  private async ensureTemplate(
    admin: pg.Client,
    template: string,
    build: (name: string) => Promise<void>,
  ): Promise<void> {
    await admin.query(`select pg_advisory_lock(hashtext('countersign-test-template'))`);
    try {
      const found = await admin.query(`select from pg_database where datname = $1`, [template]);
      if (found.rowCount) return;
      const draft = `draft_${token()}`;
      await admin.query(`create database ${draft}`);
      try {
        await build(draft);
        await admin.query(`alter database ${draft} rename to ${template}`);
      } catch (error) {
        await this.dropDatabase(draft);
        throw error;
      }
    } finally {
      await admin.query(`select pg_advisory_unlock(hashtext('countersign-test-template'))`);
    }
  }
}

const token = () => randomUUID().replaceAll('-', '');
