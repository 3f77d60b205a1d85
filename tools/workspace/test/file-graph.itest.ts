import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import rules from '../../../.dependency-cruiser.mjs';

let folder: string;

const files: Record<string, string> = {
  'apps/demo/src/ring/one.ts': `import { two } from './two.js';\nexport const one = () => two;\n`,
  'apps/demo/src/ring/two.ts': `import { one } from './one.js';\nexport const two = () => one;\n`,
  'apps/demo/src/users/user.entity.ts': `export class UserEntity {}\n`,
  'apps/demo/src/users/user.controller.ts': `export class UserController {}\n`,
  'apps/demo/src/users/user.ts': `import { UserEntity } from './user.entity.js';\nexport const row = UserEntity;\n`,
  'apps/demo/src/users/create-user.ts': `import { UserController } from './user.controller.js';\nexport const c = UserController;\n`,
  'apps/demo/src/main.ts': `export const started = true;\n`,
  'apps/demo/src/users/rename-user.ts': `import { started } from '../main.js';\nexport const s = started;\n`,
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-cruise-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function violations(): Promise<string[]> {
  const { output } = await cruise(['apps'], {
    baseDir: folder,
    ruleSet: { forbidden: rules.forbidden as IForbiddenRuleType[] },
    validate: true,
    tsPreCompilationDeps: 'specify',
  });
  return (output as ICruiseResult).summary.violations.map(violation => `${violation.rule.name}: ${violation.from}`);
}

describe('the rules on files inside a project', () => {
  it('refuse cycles, domain files that know their table, use cases that know their route, imports of an entry point', async () => {
    const found = await violations();
    expect(found).toContain('domain-imports-no-infrastructure: apps/demo/src/users/user.ts');
    expect(found).toContain('use-case-imports-no-controller: apps/demo/src/users/create-user.ts');
    expect(found).toContain('entry-points-are-not-imported: apps/demo/src/users/rename-user.ts');
    expect(found.some(line => line.startsWith('no-circular: apps/demo/src/ring/'))).toBe(true);
    expect(found).toHaveLength(4);
  });
});
