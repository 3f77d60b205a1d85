import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const workspaceData = mkdtempSync(join(tmpdir(), 'countersign-nx-'));
afterAll(() => rmSync(workspaceData, { recursive: true, force: true }));

interface Finding {
  ruleId: string;
  message: string;
}

/**
 * What the lint command says of each text, as if it stood in the given file. Nx's cache is an empty folder: the state of a fresh
 * clone, in which the boundary rule used to pass everything.
 */
function lint(texts: { file: string; text: string }[]): Promise<Finding[][]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, 'lint-texts.mjs')],
      {
        cwd: root,
        env: {
          ...childEnvironment(),
          NX_DAEMON: 'false',
          NX_WORKSPACE_DATA_DIRECTORY: workspaceData,
          TSESTREE_SINGLE_RUN: 'false',
        },
      },
      (_error, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout) as Finding[][]);
        } catch {
          reject(new Error(`eslint gave no findings: ${stderr}`));
        }
      },
    );
    child.stdin?.end(JSON.stringify(texts));
  });
}

/** Without the variables of the Nx task that runs this test. In a single run the parser would read the file, not the text. */
function childEnvironment(): Record<string, string> {
  return { PATH: `${join(root, 'node_modules/.bin')}:/usr/local/bin:/usr/bin:/bin` };
}

const violations: [what: string, file: string, text: string, rule: string][] = [
  [
    'an app that imports an app',
    'apps/gateway/src/main.ts',
    `import { service } from '@countersign/auth-mfa';\nexport const other = service;\n`,
    'no-restricted-imports',
  ],
  [
    'a file that reaches into another project by path',
    'apps/gateway/src/main.ts',
    `import { readConfig } from '../../auth-mfa/src/config.js';\nreadConfig();\n`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'the kernel importing a layer above it',
    'libs/kernel/src/clock.ts',
    `import { UnitOfWork } from '@countersign/persistence';\nexport const unit = UnitOfWork;\n`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'the kernel importing a framework',
    'libs/kernel/src/clock.ts',
    `import { Injectable } from '@nestjs/common';\nexport const decorator = Injectable;\n`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'an app that names the database driver',
    'apps/user-lifecycle/src/main.ts',
    `import { Client } from 'pg';\nexport const client = Client;\n`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'kafkajs outside its driver',
    'libs/messaging/src/index.ts',
    `import { Kafka } from 'kafkajs';\nexport const kafka = Kafka;\n`,
    'no-restricted-imports',
  ],
  [
    'product code that imports the test lib',
    'apps/user-lifecycle/src/main.ts',
    `import * as testing from '@countersign/testing';\nexport const all = testing;\n`,
    'no-restricted-imports',
  ],
  [
    'the environment read outside config.ts',
    'libs/kernel/src/clock.ts',
    `export const port = process.env['PORT'];\n`,
    'no-restricted-syntax',
  ],
  ['a default export', 'libs/kernel/src/clock.ts', `export default function clock() {}\n`, 'no-restricted-syntax'],
  [
    'a focused test',
    'libs/kernel/src/clock.ts',
    `declare const it: { only(name: string): void };\nit.only('x');\n`,
    'no-restricted-syntax',
  ],
  [
    'a skipped suite',
    'libs/kernel/src/clock.ts',
    `declare const describe: { skip(name: string): void };\ndescribe.skip('x');\n`,
    'no-restricted-syntax',
  ],
  [
    'a suppression without its reason',
    'libs/kernel/src/clock.ts',
    `// eslint-disable-next-line eqeqeq\nexport const same = (a: string, b: string) => a == b;\n`,
    'countersign/explained-suppression',
  ],
  [
    'a promise that nobody waits for',
    'libs/kernel/src/clock.ts',
    `export function start(work: () => Promise<void>): void {\n  work();\n}\n`,
    '@typescript-eslint/no-floating-promises',
  ],
  ['any', 'libs/kernel/src/clock.ts', `export const value: any = 1;\n`, '@typescript-eslint/no-explicit-any'],
  [
    'a file of more than 300 lines',
    'libs/kernel/src/clock.ts',
    Array.from({ length: 301 }, (_, at) => `export const v${at} = ${at};\n`).join(''),
    'max-lines',
  ],
];

const sound = {
  file: 'libs/persistence/src/roles.ts',
  text: `import { notFound } from '@countersign/kernel';\n\nexport const missing = notFound('tenant');\n`,
};

describe('the lint rules', () => {
  let findings: Finding[][];
  beforeAll(async () => {
    findings = await lint([...violations.map(([, file, text]) => ({ file, text })), sound]);
  }, 240_000);

  it.each(violations.map((violation, at) => [...violation, at] as const))(
    'refuse %s',
    (_what, _file, _text, rule, at) => {
      expect(findings[at]!.map(finding => finding.ruleId)).toContain(rule);
    },
  );

  it('let a sound file pass', () => {
    expect(findings.at(-1)).toEqual([]);
  });
});
