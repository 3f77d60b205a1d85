import { readFileSync } from 'node:fs';

/** What a suite of Vitest came to: `{passed, failed, notes}`; every way of not passing is a failure, silence included. */
export function readSuite(path, options = {}) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, notes: ['the suite crashed: it left no result'] };
  }
  return judge(report, options);
}

/** @param report as Vitest's (and Jest's) JSON reporter writes it */
export function judge(report, { mayBeEmpty = false } = {}) {
  const notes = [];
  let passed = 0;
  let failed = 0;
  for (const file of report.testResults ?? []) {
    const tests = file.assertionResults ?? [];
    for (const test of tests) {
      if (test.status === 'passed') passed++;
      else {
        failed++;
        const what = test.status === 'failed' ? 'failed' : `not run (${test.status})`;
        notes.push(`${what}: ${test.fullName ?? test.title}  ${file.name}`);
      }
    }
    // A file that failed outside its tests: an import, a hook.
    if (file.status === 'failed' && !tests.some(test => test.status === 'failed')) {
      failed++;
      notes.push(`failed: ${file.name}  ${(file.message ?? '').split('\n')[0]}`);
    }
  }
  if (passed + failed === 0 && !mayBeEmpty) {
    failed++;
    notes.push('the suite has no tests');
  }
  return { passed, failed, notes };
}

/** The closing line. */
export function closingLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}
