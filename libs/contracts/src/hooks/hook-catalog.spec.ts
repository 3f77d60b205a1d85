import { describe, expect, it } from 'vitest';
import { HOOK_CATALOG } from './hook-catalog.js';

describe.each([...HOOK_CATALOG.values()])('hook $hook', hook => {
  it('has a sample request that its schema accepts', () => {
    expect(hook.request.safeParse(hook.sampleRequest).success).toBe(true);
  });

  it('has a path of its own name', () => {
    expect(hook.path).toBe(`/${hook.hook}`);
  });

  it('is either awaited or announced over HTTP, made from events, or the test', () => {
    const awaited = hook.modes.includes('decide') || hook.modes.includes('enrich');
    expect(Boolean(hook.events?.length) || awaited || hook.announced || hook.hook === 'test').toBe(true);
  });
});
