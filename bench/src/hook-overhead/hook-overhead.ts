import { randomUUID } from 'node:crypto';
import { hookAnswerSchema, toHookUser } from '@countersign/contracts';
import { secretFiles } from '@countersign/cli';
import { newId, tenantId } from '@countersign/kernel';
import { ServiceClient, ServiceTokens } from '@countersign/platform';
import { Pool } from 'undici';
import { newUser } from '../creates/creates.js';
import { scaled, type Benchmark } from '../measure/benchmark.js';
import { figure, type Figure, type FigureParams } from '../measure/figure.js';
import { interleave } from '../measure/interleave.js';
import { quantile } from '../measure/summary.js';
import { withCleanup } from '../platform/cleanup.js';
import { UNLIMITED } from '../platform/platform.js';
import { startTestBed } from '../platform/test-bed.js';

const AIM_MS = 10;
/** The endpoint is switched on and off by turns, as often as that does not become the benchmark itself. */
const DRY_RUNS_AT_A_TIME = 10;

/** Milliseconds that each of the calls took, the kinds by turns, one call at a time. */
async function latencies(count: number, calls: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const taken: number[][] = calls.map(() => []);
  for (let n = 0; n < count; n++) {
    for (const [kind, call] of calls.entries()) {
      const start = performance.now();
      await call();
      taken[kind]!.push(performance.now() - start);
    }
  }
  return taken;
}

const overheadAtMost: FigureParams['aim'] = ({ measured, compared }) => {
  const overhead = measured.median - compared.median;
  return {
    text: `at most ${AIM_MS} ms above the direct call (${overhead.toFixed(2)} ms)`,
    reached: overhead <= AIM_MS,
  };
};

export const hookOverhead: Benchmark = {
  name: 'hook-overhead',
  describes: 'what an awaited hook takes at concurrency 1, against calling the receiver directly',
  run: run =>
    withCleanup(async later => {
      const { platform, receiver, api } = await startTestBed(later, { config: run.config, environment: UNLIMITED });
      const files = secretFiles(platform.directory);
      const tokens = await ServiceTokens.fromFiles(
        'user-lifecycle',
        files.publicKeys,
        files.privateKey('user-lifecycle'),
      );
      const dispatcher = new ServiceClient(
        'webhook-dispatcher',
        platform.file.services['webhook-dispatcher']!.url,
        tokens,
      );
      later(() => dispatcher.close());
      const direct = new Pool(receiver.url, { connections: 1 });
      later(() => direct.close());
      const request = { user: toHookUser(newUser(), false) };
      const body = JSON.stringify({ request });
      const ask = () =>
        dispatcher.call({
          method: 'POST',
          path: '/internal/hooks/ask',
          tenantId: tenantId('demo'),
          body: { hook: 'validateUser', userId: newId('usr'), request, budgetMs: 5_000 },
          deadlineMs: 10_000,
          answer: hookAnswerSchema,
        });
      const post = async () => {
        const headers = { 'content-type': 'application/json', 'webhook-id': randomUUID() };
        const answer = await direct.request({ method: 'POST', path: '/validateUser', headers, body });
        await answer.body.text();
      };
      const dryRun = () => api.send('POST', '/v1/users?dryRun=true', 200, newUser());

      const { id } = await api.send<{ id: string }>('POST', '/v1/webhook-endpoints', 201, {
        name: 'bench',
        url: receiver.url,
        hooks: [{ hook: 'validateUser' }],
      });
      const count = scaled(run, 2_000, 100);
      /** Latencies of a few dry runs with the endpoint switched on or off; the receiver's own count says that it was asked, or not. */
      const dryRuns = async (asked: boolean) => {
        await api.send('PATCH', `/v1/webhook-endpoints/${id}`, 200, { enabled: asked });
        const before = await receiver.count();
        // The first after the switch finds the dispatcher's memory of the endpoint out of date.
        const [[, ...taken]] = (await latencies(1 + DRY_RUNS_AT_A_TIME, [dryRun])) as [number[]];
        const received = (await receiver.count()) - before;
        const expected = asked ? 1 + DRY_RUNS_AT_A_TIME : 0;
        if (received !== expected) throw new Error(`The receiver was asked ${received} times, not ${expected}`);
        return taken;
      };

      run.say('warming up');
      await latencies(scaled(run, 500, 50), [ask, post, dryRun]);
      const figures: Figure[] = [];
      const samples: number[][][] = [];
      for (let repeat = 0; repeat < run.repeats; repeat++) samples.push(await latencies(count, [ask, post]));
      for (const [name, q] of [
        ['p50', 0.5],
        ['p99', 0.99],
      ] as const) {
        figures.push(
          figure({
            name: `awaited hook, one at a time, ${name}`,
            unit: 'ms',
            subject: 'the dispatcher’s ask: endpoint, token, signature, receiver, judgement',
            baseline: 'the same body posted to the receiver directly',
            pairs: samples.map(([asked, posted]) => ({ subject: quantile(asked!, q), baseline: quantile(posted!, q) })),
            aim: overheadAtMost,
          }),
        );
      }
      const turns = Math.ceil(count / 4 / DRY_RUNS_AT_A_TIME);
      const dry: { subject: number[]; baseline: number[] }[] = [];
      for (let repeat = 0; repeat < run.repeats; repeat++) {
        const pairs = await interleave(turns, { subject: () => dryRuns(true), baseline: () => dryRuns(false) });
        dry.push({ subject: pairs.flatMap(pair => pair.subject), baseline: pairs.flatMap(pair => pair.baseline) });
      }
      for (const [name, q] of [
        ['p50', 0.5],
        ['p99', 0.99],
      ] as const) {
        figures.push(
          figure({
            name: `POST /v1/users?dryRun=true, one at a time, ${name}`,
            unit: 'ms',
            subject: 'with validateUser',
            baseline: 'with its endpoint switched off',
            pairs: dry.map(({ subject, baseline }) => ({
              subject: quantile(subject, q),
              baseline: quantile(baseline, q),
            })),
          }),
        );
      }
      return figures;
    }),
};
