import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_CATALOG } from '../event-catalog.js';
import { breakingChanges, type JsonSchema } from './additive.js';

/**
 * Every event's JSON Schema and samples are committed. A new event needs `vitest run -u` here once, and a sample; a changed
 * one is refused, even with -u, when the change is not additive: make it a new version of the event then.
 */
const root = new URL('../../', import.meta.url);

describe.each([...EVENT_CATALOG.values()])('event $type v$version', event => {
  const name = `${event.type}.v${event.version}`;
  const golden = new URL(`schemas/${name}.json`, root);
  const samples = new URL(`samples/${name}/`, root);
  const schema = z.toJSONSchema(event.schema, { target: 'draft-2020-12', io: 'output' }) as JsonSchema;

  it('changed only by addition since it was last committed, and the committed schema is up to date', async () => {
    if (existsSync(golden))
      expect(breakingChanges(JSON.parse(readFileSync(golden, 'utf8')) as JsonSchema, schema)).toEqual([]);
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(golden.pathname);
  });

  it('reads every sample that was ever committed', () => {
    const files = existsSync(samples) ? readdirSync(samples) : [];
    expect(files, `add samples/${name}/<case>.json`).not.toHaveLength(0);
    for (const file of files) {
      const sample: unknown = JSON.parse(readFileSync(new URL(file, samples), 'utf8'));
      expect(event.schema.safeParse(sample), file).toMatchObject({ success: true, data: sample });
    }
  });
});
