#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureRuntime } from '../../workspace/runtime.mjs';

const program = new URL('../dist/program.js', import.meta.url);

if (await ensureRuntime(fileURLToPath(import.meta.url), process.argv.slice(2))) {
  if (!existsSync(program)) {
    console.error('Countersign is not built yet: run "npm start", or "npm run build", once.');
    process.exit(1);
  }
  const { runProgram } = await import(program.href);
  await runProgram(process.argv.slice(2));
}
