import { scaled, type Benchmark } from '../measure/benchmark.js';
import { CostMeter } from '../measure/cost-meter.js';
import { figure, ratioAtLeast } from '../measure/figure.js';
import { interleave } from '../measure/interleave.js';
import { withCleanup } from '../platform/cleanup.js';
import { startTestBed } from '../platform/test-bed.js';
import { CONCURRENCY, DispatcherDrain } from './dispatcher-drain.js';
import { RawBaseline } from './raw-drain.js';

export const deliveries: Benchmark = {
  name: 'deliveries',
  describes: 'webhook deliveries per second: preloaded ones drained by the dispatcher, against a raw loop',
  run: run =>
    withCleanup(async later => {
      const { platform, receiver, api } = await startTestBed(later, run);
      const database = await platform.database();
      later(() => database.end());
      const drain = await DispatcherDrain.prepare(api, database, receiver);
      const raw = new RawBaseline(database, {
        databaseUrl: await platform.databaseUrl(),
        url: receiver.url,
        concurrency: CONCURRENCY,
      });
      later(() => raw.stop());

      run.say('warming up');
      const warmUp = scaled(run, 5_000, 500);
      for (const contestant of [drain, raw]) {
        await contestant.preload(warmUp);
        await contestant.measure(warmUp);
      }
      const count = scaled(run, 100_000, 1_000);
      const pids = { ...(await platform.pids()), receiver: receiver.pid };
      const meters = { subject: new CostMeter(pids), baseline: new CostMeter({ ...pids, 'raw loop': raw.pid }) };
      const pairs = await interleave(run.repeats, {
        subject: async () => {
          await drain.preload(count);
          return meters.subject.around(count, () => drain.measure(count));
        },
        baseline: async () => {
          await raw.preload(count);
          return meters.baseline.around(count, () => raw.measure(count));
        },
      });
      return [
        figure({
          name: `webhook deliveries, ${count.toLocaleString('en-US')} drained`,
          unit: '/s',
          subject: 'the dispatcher',
          baseline: 'a raw loop: claim, sign, post, record',
          pairs,
          cost: { per: 'delivery', subject: meters.subject.median, baseline: meters.baseline.median },
          aim: ratioAtLeast(0.5),
        }),
      ];
    }),
};
