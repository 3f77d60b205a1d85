/** What this package takes from the environment. */
export interface Config {
  /** Where Java is installed; undefined leaves it to the PATH. */
  javaHome?: string;
  /** A Kafka that tests may use, instead of one of our own: `host:port` of each broker. */
  brokers?: string[];
  /** For the programs that are started: they find their own parts, and no secret of ours. */
  environment: Record<string, string | undefined>;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { PATH, HOME, JAVA_HOME, KAFKA_BROKERS } = env;
  const brokers = (KAFKA_BROKERS ?? '').split(',').flatMap(one => one.trim() || []);
  return {
    javaHome: JAVA_HOME || undefined,
    brokers: brokers.length > 0 ? brokers : undefined,
    environment: { PATH, HOME, JAVA_HOME, LC_ALL: 'C' },
  };
}

/** What `npm run kafka` takes. @throws Error naming the variable that cannot be used */
export function readCommandConfig(env: NodeJS.ProcessEnv = process.env): { port: number } {
  const port = Number(env['KAFKA_PORT'] || 9092);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`KAFKA_PORT=${env['KAFKA_PORT']} is no port: give a number from 1 to 65535`);
  return { port };
}
