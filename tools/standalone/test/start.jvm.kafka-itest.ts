import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory, readPlatformFile } from '@countersign/cli';
import { findPorts } from '@countersign/local-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StartCommand, survivors } from './start-command.js';

/** Three times what it takes on two cores that other suites share. */
const START = { timeout: 180_000, interval: 100 };

let dataDir: string;
let directory: DataDirectory;
let port: number;
const commands: StartCommand[] = [];

function start(environment: Record<string, string> = {}): StartCommand {
  const command = new StartCommand(dataDir, port, [], { BUS: 'kafka', ...environment });
  commands.push(command);
  return command;
}

async function ready(command: StartCommand): Promise<void> {
  await vi.waitFor(() => {
    if (command.exit) throw new Error(`ended early:\n${command.output}`);
    expect(command.output).toContain('Countersign is ready');
  }, START);
}

const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
const broker = () => readPlatformFile(directory)!.kafka!;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-start-kafka-'));
  directory = new DataDirectory(dataDir);
  [port] = (await findPorts(1)) as [number];
});
afterAll(async () => {
  for (const command of commands) {
    command.signal('SIGINT');
    await command.end().catch(() => command.signal('SIGKILL'));
  }
  rmSync(dataDir, { recursive: true, force: true });
});

describe('BUS=kafka npm start', { timeout: 300_000 }, () => {
  it('names the remedy without Java, and leaves nothing running', async () => {
    const command = start({ PATH: join(dataDir, 'nothing') });
    expect(await command.end()).toMatchObject({ code: 1 });
    expect(command.output).toMatch(/Java 17 or newer.*default-jre-headless.*KAFKA_BROKERS/);
    expect(survivors(dataDir)).toEqual([]);
  });

  it('starts a broker on the data folder, and again when it dies, at the same address', async () => {
    const command = start();
    await ready(command);
    const before = broker();
    process.kill(before.pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(broker().pid).not.toBe(before.pid);
    }, START);
    expect(broker().brokers).toEqual(before.brokers);
    expect(command.output).toContain("Kafka's broker has ended (killed by SIGKILL)");
    await vi.waitFor(async () => expect(await readiness()).toBe(200), START);
  });

  it('ends the broker with a supervisor that is killed, starts again on the data, and stops in order', async () => {
    const killed = commands.at(-1)!;
    killed.signal('SIGKILL');
    await killed.end();
    const next = start();
    await ready(next);
    expect(await readiness()).toBe(200);
    next.signal('SIGINT');
    expect(await next.end()).toEqual({ code: 0, signal: null });
    expect(next.output).not.toContain('did not end in order');
    expect(survivors(dataDir)).toEqual([]);
  });
});
