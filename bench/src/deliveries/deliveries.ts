import { scaled, type Benchmark } from '../measure/benchmark.js';
import { figure, ratioAtLeast } from '../measure/figure.js';
import { interleave } from '../measure/interleave.js';
import { withCleanup } from '../platform/cleanup.js';
import { Platform } from '../platform/platform.js';
import { Receiver } from '../platform/receiver.js';
import { CONCURRENCY, DispatcherDrain } from './dispatcher-drain.js';
import { RawBaseline } from './raw-drain.js';

export const deliveries: Benchmark = {
  name: 'deliveries',
  describes: 'webhook deliveries per second: preloaded ones drained by the dispatcher, against a raw loop',
  run: run =>
    withCleanup(async later => {
      const platform = await Platform.start(run);
      later(() => platform.stop());
      const receiver = await Receiver.start();
      later(() => receiver.stop());
      const database = await platform.database();
      later(() => database.end());
      const api = await platform.administrator();
      later(() => api.close());
      const drain = await DispatcherDrain.prepare(api, database, receiver);
      const raw = new RawBaseline(database, {
        databaseUrl: await platform.databaseUrl(),
        url: receiver.url,
        concurrency: CONCURRENCY,
      });
      later(() => raw.stop());

      run.say('warming up');
      await drain.measure(scaled(run, 5_000, 500));
      const count = scaled(run, 100_000, 1_000);
      const pairs = await interleave(run.repeats, {
        subject: () => drain.measure(count),
        baseline: () => raw.measure(count),
      });
      return [
        figure({
          name: `webhook deliveries, ${count.toLocaleString('en-US')} drained`,
          unit: '/s',
          subject: 'the dispatcher',
          baseline: 'a raw loop: claim, sign, post, record',
          pairs,
          aim: ratioAtLeast(0.5),
        }),
      ];
    }),
};
