import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { depConstraints } from '../lint/boundaries.mjs';

const root = join(import.meta.dirname, '../../..');
const projects = globSync('{apps,libs,tools}/*/project.json', { cwd: root });
const known = new Set(depConstraints.map(constraint => constraint.sourceTag));

it.each(projects)('%s carries one layer and one scope that the boundary table knows', path => {
  const { tags } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { tags: string[] };
  expect(tags.map(tag => tag.split(':')[0]).sort()).toEqual(['layer', 'scope']);
  expect(tags.filter(tag => !known.has(tag))).toEqual([]);
});
