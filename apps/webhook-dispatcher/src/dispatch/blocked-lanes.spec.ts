import { expect, it } from 'vitest';
import { BlockedLanes } from './blocked-lanes.js';

it('blocks a lane for half a minute', () => {
  const lanes = new BlockedLanes();
  lanes.block('ep usr', 0);
  lanes.block(undefined, 0);
  expect(lanes.isBlocked('ep usr', 29_999)).toBe(true);
  expect(lanes.isBlocked('ep other', 0)).toBe(false);
  expect(lanes.isBlocked(undefined, 0)).toBe(false);
  lanes.prune(30_000);
  expect(lanes.isBlocked('ep usr', 0)).toBe(false);
});
