import { describe, expect, it } from 'vitest';
import { Reporter } from './reporter.js';

describe('the reporter', () => {
  it('counts an error that repeats instead of repeating it', () => {
    const lines: string[] = [];
    const reporter = new Reporter(line => lines.push(line));
    for (let i = 0; i < 4; i++) reporter.error('auth-mfa', 'the database is away\n  at somewhere');
    reporter.error('auth-mfa', 'another');
    reporter.say('ready');
    expect(lines).toEqual(['! auth-mfa: the database is away', '!   (3 times more)', '! auth-mfa: another', 'ready']);
  });
});
