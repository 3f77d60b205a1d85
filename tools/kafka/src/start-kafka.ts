import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endWith, findPorts, isFree } from '@countersign/local-server';
import { readConfig } from './config.js';
import { prepareJvm, type Jvm } from './jvm.js';
import { endBroker, endLeftover, propertiesFile, writeMark } from './leftover.js';
import { brokerSettings, formatProperties, LOOPBACK, type Listener } from './properties.js';
import { isReady } from './reachable.js';
import { formatStorage, type ScramUser } from './storage.js';

export interface KafkaOptions {
  /** Folder of everything that the broker keeps: data, log, settings. Made when absent; a formatted one is started again. */
  readonly dataDir: string;
  /** Port of the plain listener. Default: a free one, below those that outgoing connections draw. */
  readonly port?: number;
  /** Port of the controller's listener. Default: a free one. */
  readonly controllerPort?: number;
  /** Listeners beside the plain one, e.g. for TLS. */
  readonly listeners?: readonly Listener[];
  /** Broker settings beside, or instead of, ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Written when the storage is formatted. */
  readonly users?: readonly ScramUser[];
  /** Options of the JVM behind ours, e.g. `-Xmx512m`. */
  readonly jvmOptions?: readonly string[];
  /** The process that the broker must not outlive, however that ends. Default: this one. */
  readonly owner?: number;
  /** Removed when the owner has ended. */
  readonly removeWithOwner?: readonly string[];
  /** Told when the jars have to be fetched first. */
  readonly onFetch?: (text: string) => void;
  /** How long the start may take, default 2 minutes. */
  readonly timeoutMs?: number;
}

export interface Kafka {
  /** `host:port` of the plain listener. */
  readonly brokers: string[];
  /** `host:port` of each further listener, by its name. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the broker has ended, however that came: `exit code 0`, `killed by SIGKILL`. */
  readonly exited: Promise<string>;
  /** Ends it in order (SIGTERM); after half a minute by force. */
  stop(): Promise<void>;
  /** Ends it at once (SIGKILL); the next start on the data recovers. */
  kill(): Promise<void>;
}

const LOG_MAX_BYTES = 16 * 1024 * 1024;
const ATTEMPTS = 5;

/**
 * Starts Apache Kafka as a single node (KRaft) on loopback, and waits until it serves clients.
 * @throws Error naming the remedy when Java or the jars are missing; Error with the end of the log when it does not start
 */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const jvm = await prepareJvm(options.jvmOptions, options.onFetch);
  await endLeftover(dataDir);
  if (options.port !== undefined && !(await isFree(LOOPBACK, options.port)))
    throw new Error(`Port ${options.port} on ${LOOPBACK} is in use by another program`);
  const end = Date.now() + (options.timeoutMs ?? 120_000);
  for (let attempt = 1; ; attempt++) {
    const broker = await launch(jvm, dataDir, options);
    const failure = await broker.ready(end);
    if (failure === undefined) return broker.kafka;
    await endBroker(broker.kafka.pid, dataDir, 1_000);
    // Another program has taken a port between our look and the broker's.
    if (attempt < ATTEMPTS && /Address already in use/.test(failure)) continue;
    throw new Error(`Kafka does not start in ${dataDir}:\n${failure}`);
  }
}

async function launch(
  jvm: Jvm,
  dataDir: string,
  options: KafkaOptions,
): Promise<{ kafka: Kafka; ready(end: number): Promise<string | undefined> }> {
  const wanted = options.listeners ?? [];
  const free = await findPorts(2 + wanted.length, LOOPBACK);
  const port = options.port ?? free.pop()!;
  const controllerPort = options.controllerPort ?? free.pop()!;
  const listeners = wanted.map(one => ({ ...one, port: one.port ?? free.pop()! }));
  const settings = brokerSettings(dataDir, { port, controllerPort, listeners }, options.settings ?? {});
  const file = propertiesFile(dataDir);
  // Settings may hold passwords of key stores.
  await writeFile(file, formatProperties(settings), { mode: 0o600 });
  await formatStorage(jvm, dataDir, file, options.users ?? []);

  const logFile = join(dataDir, 'server.log');
  const { child, log } = await spawnBroker(jvm, file, logFile);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`\`${jvm.program}\` cannot be run`);
  const owner = options.owner ?? process.pid;
  await writeMark(dataDir, { pid, owner });
  endWith(owner, { pid, signal: 'SIGTERM', folders: [...(options.removeWithOwner ?? [])] });
  const exited = new Promise<string>(resolve => {
    const report = () => resolve(child.signalCode ? `killed by ${child.signalCode}` : `exit code ${child.exitCode}`);
    if (hasEnded(child)) report();
    else child.once('exit', report);
  });
  return {
    kafka: {
      brokers: [`${LOOPBACK}:${port}`],
      listeners: Object.fromEntries(listeners.map(one => [one.name, `${LOOPBACK}:${one.port}`])),
      pid,
      logFile,
      exited,
      stop: async () => {
        await endBroker(pid, dataDir);
        child.ref();
        await exited;
      },
      kill: async () => {
        child.ref();
        child.kill('SIGKILL');
        await exited;
      },
    },
    ready: async until => {
      while (!(await isReady(LOOPBACK, port))) {
        if (hasEnded(child)) return lastLines(await log());
        if (Date.now() > until) return `It is not ready in time. Its log:\n${lastLines(await log())}`;
        await delay(50);
      }
      // Somebody else's broker may listen on a port that was asked for.
      return hasEnded(child) ? lastLines(await log()) : undefined;
    },
  };
}

/** The log is a file and no pipe, so that the broker goes on while nobody reads. */
async function spawnBroker(
  jvm: Jvm,
  properties: string,
  logFile: string,
): Promise<{ child: ChildProcess; log(): Promise<string> }> {
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  const kept = size <= LOG_MAX_BYTES ? size : 0;
  const output = await open(logFile, kept === 0 ? 'w' : 'a', 0o600);
  try {
    // A process group of its own: a terminal's Ctrl-C is for us, and we end the broker when its clients have gone.
    const child = spawn(jvm.program, [...jvm.options, 'kafka.Kafka', properties], {
      cwd: '/',
      env: readConfig().environment,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.on('error', () => undefined);
    child.unref();
    return { child, log: async () => (await readFile(logFile)).subarray(kept).toString('utf8') };
  } finally {
    await output.close();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The messages without Java's stack frames. */
function lastLines(log: string): string {
  return log
    .trim()
    .split('\n')
    .filter(line => !/^\s+at |^\s*\.\.\. \d+ more/.test(line))
    .slice(-15)
    .join('\n');
}
