import { setTimeout as delay } from 'node:timers/promises';
import { newUser } from '../creates/creates.js';
import { scaled, type Benchmark } from '../measure/benchmark.js';
import { concurrently } from '../measure/concurrently.js';
import { figure } from '../measure/figure.js';
import { Child } from '../platform/child.js';
import { withCleanup } from '../platform/cleanup.js';
import { UNLIMITED } from '../platform/platform.js';
import { startTestBed } from '../platform/test-bed.js';
import { residentMiB } from './resident-memory.js';

/** How long nothing is asked of anybody before memory at rest is read, in milliseconds. */
const REST_MS = 5_000;
const SERVICES = ['gateway', 'auth-mfa', 'user-lifecycle', 'webhook-dispatcher'];

export const memory: Benchmark = {
  name: 'memory',
  describes: 'resident memory of each service at rest and under load, against a bare Nest and Fastify application',
  run: run =>
    withCleanup(async later => {
      const { platform, receiver, api } = await startTestBed(later, { config: run.config, environment: UNLIMITED });
      const bare = Child.start<'url', string>(new URL('./bare-app.process.js', import.meta.url));
      later(() => bare.stop());
      const url = await bare.ask('url');
      await api.send('POST', '/v1/webhook-endpoints', 201, {
        name: 'bench',
        url: receiver.url,
        hooks: [{ hook: 'validateUser' }, { hook: 'postCreateUser' }],
      });
      const pids: Readonly<Record<string, number>> = { ...(await platform.pids()), bare: bare.pid };
      const sample = () => Object.fromEntries([...SERVICES, 'bare'].map(name => [name, residentMiB(pids[name]!)]));
      const atRest: Record<string, number>[] = [];
      const underLoad: Record<string, number>[] = [];
      for (let repeat = 0; repeat < run.repeats; repeat++) {
        await delay(REST_MS * Math.min(1, run.scale));
        atRest.push(sample());
        const count = scaled(run, 2_000, 100);
        await Promise.all([
          concurrently(count, 16, () => api.send('POST', '/v1/users', 201, newUser())),
          concurrently(count, 16, async () => (await fetch(url)).text()),
        ]);
        underLoad.push(sample());
      }
      return [
        ['at rest', atRest] as const,
        ['under load (16 creates at once, two hooks each)', underLoad] as const,
      ].flatMap(([when, samples]) =>
        SERVICES.map(service =>
          figure({
            name: `resident memory of ${service} ${when}`,
            unit: 'MiB',
            subject: service,
            baseline: 'a bare Nest and Fastify application',
            pairs: samples.map(each => ({ subject: each[service]!, baseline: each['bare']! })),
          }),
        ),
      );
    }),
};
