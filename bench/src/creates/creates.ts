import { randomUUID } from 'node:crypto';
import { scaled, type Benchmark } from '../measure/benchmark.js';
import { concurrently } from '../measure/concurrently.js';
import { CostMeter } from '../measure/cost-meter.js';
import { figure, type Figure } from '../measure/figure.js';
import { interleave } from '../measure/interleave.js';
import { withCleanup } from '../platform/cleanup.js';
import { UNLIMITED } from '../platform/platform.js';
import { startTestBed } from '../platform/test-bed.js';
import { waitUntil } from '../platform/wait-until.js';
import { RawCreates } from './raw-creates.js';

const CONCURRENCIES = [1, 8, 32];

export function newUser() {
  return {
    login: `bench-${randomUUID()}`,
    firstName: 'Shreyash2',
    lastName: 'Pande2',
    userType: 'Employee',
    country: 'India',
  };
}

export const creates: Benchmark = {
  name: 'creates',
  describes:
    'users created per second through the gateway, with and without validateUser, against the bare SQL of the same rows',
  run: run =>
    withCleanup(async later => {
      const { platform, receiver, api } = await startTestBed(later, { config: run.config, environment: UNLIMITED });
      const database = await platform.database();
      later(() => database.end());
      const create = () => api.send<{ id: string }>('POST', '/v1/users', 201, newUser());
      const { id } = await create();
      await waitUntil('the first user’s events are on the bus', async () => {
        const { rows } = await database.query(`select from bus.bus_log where key like '%/' || $1`, [id]);
        return rows.length >= 2;
      });
      const raw = await RawCreates.prepare(await platform.databaseUrl(), database, id);
      later(() => raw.close());
      run.say('warming up');
      await concurrently(scaled(run, 500, 50), 8, create);
      await raw.measure(scaled(run, 500, 50), 8);

      const figures: Figure[] = [];
      const pids = await platform.pids();
      const measure = async (subject: string) => {
        for (const concurrency of CONCURRENCIES) {
          const count = scaled(run, concurrency === 1 ? 500 : 2_000, 50);
          const meters = { subject: new CostMeter(pids), baseline: new CostMeter(pids) };
          const pairs = await interleave(run.repeats, {
            subject: () => meters.subject.around(count, () => concurrently(count, concurrency, create)),
            baseline: () => meters.baseline.around(count, () => raw.measure(count, concurrency)),
          });
          figures.push(
            figure({
              name: `creates, ${subject}, ${concurrency} at once`,
              unit: '/s',
              subject: 'POST /v1/users through the gateway',
              baseline: 'SQL: user, event, audit event in one transaction',
              pairs,
              cost: { per: 'create', subject: meters.subject.median, baseline: meters.baseline.median },
            }),
          );
        }
      };
      await measure('no hook');
      await api.send('POST', '/v1/webhook-endpoints', 201, {
        name: 'bench',
        url: receiver.url,
        hooks: [{ hook: 'validateUser' }],
      });
      await measure('validateUser awaited');
      return figures;
    }),
};
