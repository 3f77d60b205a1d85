import { startPostgres } from '../src/start-postgres.ts';

// A process that owns a server and does not stop it: what is left when a supervisor is killed.
const postgres = await startPostgres({ dataDir: process.argv[2]!, durable: false });
process.stdout.write(`${JSON.stringify({ pid: postgres.pid, adopted: postgres.adopted })}\n`);
setInterval(() => undefined, 60_000);
