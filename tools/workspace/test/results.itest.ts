import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closingLine, judge, readSuite } from '../results.mjs';

const passed = { status: 'passed', title: 'works' };
const file = (assertionResults: object[], status = 'passed') => ({ name: 'a.spec.ts', status, assertionResults });
const folder = mkdtempSync(join(tmpdir(), 'countersign-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the count of a suite', () => {
  it('counts what passed and what failed', () => {
    const report = { testResults: [file([passed, passed, { status: 'failed', title: 'breaks' }], 'failed')] };
    expect(judge(report)).toMatchObject({ passed: 2, failed: 1 });
  });

  it.each(['skipped', 'todo', 'pending', 'disabled'])('counts a %s test as failed', status => {
    expect(judge({ testResults: [file([passed, { status, title: 'later' }])] })).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts a file that fails outside its tests', () => {
    expect(judge({ testResults: [file([], 'failed'), file([passed])] })).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a suite that crashed before it could write its result', () => {
    expect(readSuite(join(folder, 'none.json'))).toMatchObject({ passed: 0, failed: 1 });
    writeFileSync(join(folder, 'half.json'), '{"testResults": [');
    expect(readSuite(join(folder, 'half.json'))).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a suite without tests, where it must have some', () => {
    expect(judge({ testResults: [] })).toMatchObject({ failed: 1 });
    expect(judge({ testResults: [] }, { mayBeEmpty: true })).toMatchObject({ passed: 0, failed: 0 });
  });

  it('closes with one line', () => {
    expect(closingLine({ passed: 12, failed: 3 })).toBe('12 passed, 3 failed');
  });
});
