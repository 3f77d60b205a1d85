import { describe, expect, it } from 'vitest';
import { findCompose, isComposeRequired, withoutCompose } from '../compose.mjs';

describe('the search for docker compose', () => {
  it('takes the first command that works', () => {
    const commands = [['no-such-program'], ['false'], ['true']];
    expect(findCompose(commands)).toEqual(['true']);
    expect(findCompose(commands.slice(0, 2))).toBeUndefined();
  });

  it('fails the run where it is demanded and says how to get it', () => {
    expect(withoutCompose(false).failed).toBe(0);
    expect(withoutCompose(true).failed).toBe(1);
    for (const required of [true, false]) expect(withoutCompose(required).notes[0]).toMatch(/apt-get install/);
    expect(['1', 'true', '', '0', undefined].map(REQUIRE_COMPOSE => isComposeRequired({ REQUIRE_COMPOSE }))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
