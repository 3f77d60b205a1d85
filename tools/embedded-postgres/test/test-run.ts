import { readPostmaster } from '../src/postmaster.ts';
import { startTestPostgres } from '../src/test-run/test-postgres.ts';

// A run of tests of its own, which starts its cluster and is then killed.
const cluster = await startTestPostgres();
const dataDir = await cluster.asAdmin(async admin => {
  const { rows } = await admin.query<{ data_directory: string }>('show data_directory');
  return rows[0]!.data_directory;
});
const pid = (await readPostmaster(dataDir))?.pid;
process.stdout.write(`${JSON.stringify({ pid, dataDir })}\n`);
setInterval(() => undefined, 60_000);
