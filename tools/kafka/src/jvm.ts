import { join } from 'node:path';
import { fetchKafka } from './jars.js';
import { locateJava } from './java.js';

/** How Kafka's programs are run: `<program> <options> <main class> <arguments>`. */
export interface Jvm {
  readonly program: string;
  readonly options: readonly string[];
}

/**
 * A heap for a broker of one node, and a compiler that is quick at once rather than later. No class-data archive: it would
 * save 0.8 s of a start and take 49 MB and a start of its own to make.
 */
const DEFAULTS = ['-Xms96m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

/** @throws Error naming the remedy when Java is missing, or the jars cannot be had */
export async function prepareJvm(extra: readonly string[] = [], onFetch?: (text: string) => void): Promise<Jvm> {
  const program = await locateJava();
  const jars = await fetchKafka(onFetch);
  return { program, options: [...DEFAULTS, ...LOGGING, ...extra, '-cp', join(jars, '*')] };
}
