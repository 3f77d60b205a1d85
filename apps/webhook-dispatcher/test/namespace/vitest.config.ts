import { mergeConfig } from 'vitest/config';
import { projectConfig } from '../../../../vitest.base.ts';

/** Runs inside a network namespace that has nothing but loopback; started by forbidden-targets.itest.ts only. */
const root = new URL('../..', import.meta.url).pathname;
const { test, ...shared } = projectConfig(root);
const itest = test?.projects?.[1] as { test: object };

export default mergeConfig(shared, {
  ...itest,
  test: { ...itest.test, name: 'namespace', include: ['test/namespace/*.ns.ts'] },
});
