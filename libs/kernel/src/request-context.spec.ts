import { describe, expect, it } from 'vitest';
import { childTraceparent, currentContext, runInContext, traceIdOf } from './request-context.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('childTraceparent', () => {
  it('stays in the trace with a span of its own', () => {
    const child = childTraceparent(PARENT);
    expect(traceIdOf(child)).toBe(traceIdOf(PARENT));
    expect(child).not.toBe(PARENT);
  });

  it.each([undefined, null, '', 'garbage', PARENT.toUpperCase()])('starts a new trace after %j', parent => {
    expect(childTraceparent(parent)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

describe('runInContext', () => {
  it('is seen by everything that the work awaits, and by nothing else', async () => {
    const seen = await runInContext({ traceparent: PARENT }, async () => {
      await Promise.resolve();
      return currentContext()?.traceparent;
    });
    expect(seen).toBe(PARENT);
    expect(currentContext()).toBeUndefined();
  });
});
