import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from './config.js';

/** Kafka's broker asks for it since 4.0 (KIP-1013). */
const MINIMUM = 17;
const REMEDY =
  'On Debian and Ubuntu: apt-get install default-jre-headless (or openjdk-17-jre-headless); elsewhere any JDK from https://adoptium.net, ' +
  'on the PATH or named by JAVA_HOME. Or name a Kafka of your own in KAFKA_BROKERS.';

/**
 * The program `java` of JAVA_HOME, or else of the PATH.
 * @throws Error naming the remedy when there is none, or it is too old for Kafka
 */
export async function locateJava({ javaHome } = readConfig()): Promise<string> {
  const program = javaHome ? join(javaHome, 'bin', 'java') : 'java';
  let said: string;
  try {
    said = (await promisify(execFile)(program, ['-version'])).stderr;
  } catch (cause) {
    throw new Error(`Kafka's broker needs Java ${MINIMUM} or newer, and \`${program}\` cannot be run. ${REMEDY}`, {
      cause,
    });
  }
  const major = javaMajor(said);
  if (major === undefined || major < MINIMUM) {
    const version = said.split('\n')[0]?.trim();
    throw new Error(`Kafka's broker needs Java ${MINIMUM} or newer; \`${program}\` is ${version}. ${REMEDY}`);
  }
  return program;
}

/** The feature release in what `java -version` prints: 17 of `openjdk version "17.0.15"`, 8 of `java version "1.8.0_292"`. */
export function javaMajor(text: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
