import { expect, it } from 'vitest';
import { isReady } from '../src/reachable.js';
import { startTestKafka } from '../src/index.js';

it('gives every file of a run the same broker', async () => {
  const [one, two] = await Promise.all([startTestKafka(), startTestKafka()]);
  expect(two).toEqual(one);
  const [host = '', port] = one.brokers[0]!.split(':');
  expect(await isReady(host, Number(port))).toBe(true);
});
