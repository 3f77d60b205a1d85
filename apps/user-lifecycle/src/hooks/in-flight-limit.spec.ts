import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { InFlightLimit } from './in-flight-limit.js';

const [acme, other] = [tenantId('acme'), tenantId('other')];

function gate(): { open: () => void; passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>(resolve => (open = resolve));
  return { open: () => open(), passed };
}

describe('InFlightLimit', () => {
  it('lets so many of a tenant in at a time, in their order, and every other tenant beside them', async () => {
    const limit = new InFlightLimit(2, 10_000);
    const gates = [gate(), gate(), gate(), gate()];
    const begun: number[] = [];
    const runs = gates.map(({ passed }, index) => limit.run(acme, () => (begun.push(index), passed)));
    await limit.run(other, () => Promise.resolve());
    expect(begun).toEqual([0, 1]);
    gates[1]!.open();
    await runs[1];
    expect(begun).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('refuses with overloaded who waits too long, and gives the place of a failed one on', async () => {
    const limit = new InFlightLimit(1, 20);
    const { open, passed } = gate();
    const first = limit.run(acme, () => passed.then(() => Promise.reject(new Error('failed'))));
    await expect(limit.run(acme, () => Promise.resolve())).rejects.toMatchObject({
      code: 'overloaded',
      kind: 'unavailable',
    });
    open();
    await expect(first).rejects.toThrow('failed');
    await limit.run(acme, () => Promise.resolve());
  });
});
