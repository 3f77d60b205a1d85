import { tenantId } from '@countersign/kernel';
import { describe, expect, it } from 'vitest';
import { Bulkhead } from './bulkhead.js';

describe('Bulkhead', () => {
  it('refuses a tenant with too many in flight, and no other', async () => {
    const bulkhead = new Bulkhead({ WEBHOOK_AWAITED_PER_TENANT: 2 });
    let release = (): void => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    const running = [1, 2].map(() => bulkhead.run(tenantId('acme'), () => held));
    await expect(bulkhead.run(tenantId('acme'), () => Promise.resolve())).rejects.toMatchObject({
      code: 'overloaded',
      kind: 'unavailable',
    });
    await expect(bulkhead.run(tenantId('other'), () => Promise.resolve('in'))).resolves.toBe('in');
    expect(bulkhead.inFlight).toBe(2);
    release();
    await Promise.all(running);
    await expect(bulkhead.run(tenantId('acme'), () => Promise.resolve('again'))).resolves.toBe('again');
  });

  it('lets nobody who waits be kept out by what nobody waits for', async () => {
    const bulkhead = new Bulkhead({ WEBHOOK_AWAITED_PER_TENANT: 1 });
    let release = (): void => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    const shadow = bulkhead.run(tenantId('acme'), () => held, 'shadow');
    await expect(bulkhead.run(tenantId('acme'), () => Promise.resolve('asked'))).resolves.toBe('asked');
    await expect(bulkhead.run(tenantId('acme'), () => held, 'shadow')).rejects.toMatchObject({ code: 'overloaded' });
    release();
    await shadow;
  });

  it('gives the place back after a failure', async () => {
    const bulkhead = new Bulkhead({ WEBHOOK_AWAITED_PER_TENANT: 1 });
    await expect(bulkhead.run(tenantId('acme'), () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(bulkhead.inFlight).toBe(0);
    await bulkhead.run(tenantId('acme'), () => Promise.resolve());
  });
});
