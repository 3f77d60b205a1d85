import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '@countersign/local-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startKafka, type Kafka, type KafkaOptions } from '../src/index.js';
import { isReady } from '../src/reachable.js';

const SOON = { timeout: 60_000, interval: 50 };
let folder: string;
const started: Kafka[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kafka-broker-test-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map(kafka => kafka.kill()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<KafkaOptions> = {}): Promise<Kafka> {
  const kafka = await startKafka({ dataDir: join(folder, 'kafka'), ...options });
  started.push(kafka);
  return kafka;
}

const portOf = (address: string | undefined) => Number(address?.split(':')[1]);
const clusterId = async () =>
  /^cluster\.id=(.*)$/m.exec(await readFile(join(folder, 'kafka/data/meta.properties'), 'utf8'))?.[1];

/** The local addresses (hexadecimal, proc(5)) that the process listens on. */
async function listening(pid: number): Promise<string[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map(name => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const kafka = started.find(one => one.pid === pid)!;
  const ports = (await readFile(join(folder, 'kafka/server.properties'), 'utf8')).match(/127\.0\.0\.1:(\d+)/g)!;
  const wanted = new Set([...ports, ...kafka.brokers].map(address => portOf(address)));
  return tables.flatMap(table =>
    table.split('\n').flatMap(line => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const [address = '', port = '0'] = local.split(':');
      return state === '0A' && wanted.has(Number.parseInt(port, 16)) ? [address] : [];
    }),
  );
}

describe('startKafka', () => {
  it('serves on loopback alone, and starts again on its data whether it was stopped or killed', async () => {
    const first = await start();
    expect(await isReady('127.0.0.1', portOf(first.brokers[0]))).toBe(true);
    const addresses = await listening(first.pid);
    expect(addresses.length).toBe(2);
    // 127.0.0.1 in IPv4's table, or mapped into IPv6's.
    for (const address of addresses) expect(address).toMatch(/^(0{16}FFFF0000)?0100007F$/);
    const cluster = await clusterId();
    await first.stop();
    // 128 + SIGTERM: the JVM's exit code when its shutdown hooks have run.
    expect(await first.exited).toBe('exit code 143');

    const second = await start({ port: portOf(first.brokers[0]) });
    expect(second.brokers).toEqual(first.brokers);
    expect(await clusterId()).toBe(cluster);
    await expect(startKafka({ dataDir: join(folder, 'kafka') })).rejects.toThrow(`pid ${second.pid}`);
    await second.kill();
    expect(await second.exited).toBe('killed by SIGKILL');

    const third = await start();
    expect(await isReady('127.0.0.1', portOf(third.brokers[0]))).toBe(true);
  });

  it('ends with its owner, however that ends', async () => {
    const owner = spawn('sleep', ['600']);
    const kafka = await start({ owner: owner.pid!, removeWithOwner: [folder] });
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await vi.waitFor(async () => {
      expect(await commandLine(kafka.pid)).toBeUndefined();
      await expect(stat(folder)).rejects.toThrow('ENOENT');
    }, SOON);
  });

  it('ends the broker that a killed owner has left, and starts another', async () => {
    const owner = spawn('sleep', ['600']);
    const first = await start({ owner: owner.pid! });
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const second = await start();
    expect(await commandLine(first.pid)).toBeUndefined();
    expect(await isReady('127.0.0.1', portOf(second.brokers[0]))).toBe(true);
  });

  it('opens further listeners, with settings and users of their own', async () => {
    const kafka = await start({
      listeners: [
        {
          name: 'PASSWORDS',
          protocol: 'SASL_PLAINTEXT',
          settings: {
            'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
            'scram-sha-256.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
          },
        },
      ],
      users: [{ mechanism: 'SCRAM-SHA-256', name: 'alice', password: 'wonderland' }],
    });
    // It is open, and answers nothing to who has not signed in.
    expect(kafka.listeners['PASSWORDS']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await isReady('127.0.0.1', portOf(kafka.listeners['PASSWORDS']))).toBe(false);
  });

  it('says why it does not start: the end of the log, or the port that is taken', async () => {
    await expect(start({ settings: { 'num.io.threads': 'many' } })).rejects.toThrow(/num\.io\.threads/);
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
    } finally {
      server.close();
    }
  });
});
