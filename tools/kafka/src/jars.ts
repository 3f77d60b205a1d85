import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandLine } from '@countersign/local-server';
import { readConfig } from './config.js';
import { locateJava } from './java.js';

const PROJECT = join(import.meta.dirname, '..');
const POM = join(PROJECT, 'pom.xml');
const JARS = join(PROJECT, '.jars');
const PATIENCE_MS = 10 * 60_000;
const REMEDY =
  'Install Maven (Debian and Ubuntu: apt-get install maven) and run `npm run kafka:fetch` once with a network; ' +
  'or name a Kafka of your own in KAFKA_BROKERS.';

/** The Kafka version of pom.xml. */
export async function kafkaVersion(): Promise<string> {
  const version = /<kafka\.version>([\d.]+)</.exec(await readFile(POM, 'utf8'))?.[1];
  if (!version) throw new Error(`${POM} names no kafka.version`);
  return version;
}

/** The folder of the broker's jars; undefined while they have not been fetched. */
async function locateJars(into = JARS): Promise<string | undefined> {
  const folder = join(into, await kafkaVersion());
  return stat(folder).then(
    () => folder,
    () => undefined,
  );
}

/**
 * Gets the broker's jars from Maven Central (about 45 MB), once: afterwards nothing here needs a network. The folder appears
 * complete or not at all.
 * @param onFetch called when they are not here yet
 * @throws Error naming the remedy when Java or Maven is missing, or Maven fails
 */
export async function fetchKafka(onFetch?: (text: string) => void, into = JARS): Promise<string> {
  const there = await locateJars(into);
  if (there) return there;
  await locateJava();
  onFetch?.(`Fetching the jars of Apache Kafka ${await kafkaVersion()} from Maven Central (45 MB, once)`);
  await mkdir(into, { recursive: true });
  await removeDrafts(into);
  const folder = join(into, await kafkaVersion());
  const draft = `${folder}.draft-${process.pid}-${randomUUID()}`;
  try {
    await runMaven(['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${draft}`]);
    await rename(draft, folder);
  } catch (error) {
    // Another process may have been first; then its jars are as good.
    if (!(await locateJars(into))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function runMaven(goals: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('mvn', ['--batch-mode', '--quiet', '--file', POM, ...goals], {
      env: readConfig().environment,
      timeout: PATIENCE_MS,
      maxBuffer: 1 << 24,
    });
  } catch (cause) {
    const { code, stdout = '', stderr = '' } = cause as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error(`Kafka's jars are not here, and Maven is missing. ${REMEDY}`, { cause });
    const said = `${stdout}${stderr}`.trim().split('\n').slice(0, 8).join('\n');
    throw new Error(`Maven could not get Kafka's jars. ${REMEDY}\n${said}`, { cause });
  }
}

/** Leftovers of a fetch that was killed; one that is under way keeps its own. */
async function removeDrafts(into: string): Promise<void> {
  for (const name of await readdir(into)) {
    const owner = /\.draft-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || (await commandLine(Number(owner)))) continue;
    await rm(join(into, name), { recursive: true, force: true });
  }
}
