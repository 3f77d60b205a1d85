/**
 * Loaded into every process of the platform under test (`node --import`): its wall clock can be set wrong from outside, as a
 * stepped or drifting machine clock would be. The file `<folder>/<service>` holds the error in milliseconds; without one the
 * clock is right. Timers and performance.now() stay: they are of the monotonic clock, which no step touches.
 */
import { readFileSync } from 'node:fs';

const POLL_MS = 50;
const folder = new URL(import.meta.url).searchParams.get('folder') ?? '';
const service = /apps\/([\w-]+)\/dist\/main\.js$/.exec(process.argv[1] ?? '')?.[1];
const RealDate = Date;
let errorMs = 0;

if (service !== undefined) {
  setInterval(() => {
    try {
      errorMs = Number(readFileSync(`${folder}/${service}`, 'utf8'));
    } catch {
      errorMs = 0;
    }
  }, POLL_MS).unref();
  const now = () => RealDate.now() + errorMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  });
}
