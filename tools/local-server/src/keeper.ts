import { KafkaContainer } from '@testcontainers/kafka';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { Wait } from 'testcontainers';

/**
 * A process that keeps one container for a run of tests: `keeper.js <kind> <pid of the run> <image>`. It says on a line of JSON
 * how the server is reached, or what went wrong, and stops the container when the run has ended, however that was. Should it be
 * killed itself, testcontainers' reaper removes the container.
 *
 * It imports nothing of ours, so that Node can run the source as it is.
 */
interface Kept {
  shared: unknown;
  stop(): Promise<unknown>;
}

/** It must be told what to wait for: of its own accord this version counts as started before the broker is. */
async function kafka(image: string): Promise<Kept> {
  const ready = Wait.forLogMessage('Kafka Server started');
  const container = await new KafkaContainer(image).withKraft().withWaitStrategy(ready).start();
  const brokers = [`${container.getHost()}:${String(container.getMappedPort(9093))}`];
  return { shared: { brokers }, stop: () => container.stop({ timeout: 0 }) };
}

/** With the locale and the limits of the embedded server; nobody misses the data after a power cut. */
async function postgres(image: string): Promise<Kept> {
  const settings = { max_connections: '300', fsync: 'off', full_page_writes: 'off', timezone: 'UTC' };
  const container = await new PostgreSqlContainer(image)
    .withUsername('postgres')
    .withDatabase('postgres')
    .withEnvironment({
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8',
    })
    .withCommand(['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])])
    .start();
  return { shared: { adminUrl: container.getConnectionUri() }, stop: () => container.stop({ timeout: 0 }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const [kind, run, image = ''] = process.argv.slice(2);
try {
  const kept = await (kind === 'kafka' ? kafka(image) : postgres(image));
  process.stdout.write(`${JSON.stringify({ shared: kept.shared })}\n`);
  setInterval(() => {
    if (!isAlive(Number(run))) void kept.stop().finally(() => process.exit(0));
  }, 1_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  process.exit(1);
}
