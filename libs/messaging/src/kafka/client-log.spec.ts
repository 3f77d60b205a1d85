import { logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { clientLog } from './client-log.js';
import { RecentLines } from './recent-lines.js';

describe('clientLog', () => {
  it('turns errors that kafkajs tries again into warnings, once each, and leaves out what the driver handles', () => {
    const lines: string[] = [];
    const wrong = () => expect.fail('only warnings');
    const write = clientLog({ log: wrong, error: wrong, warn: line => void lines.push(String(line)) })(logLevel.WARN);
    const say = (level: logLevel, message: string) =>
      write({ namespace: 'Consumer', level, label: 'ERROR', log: { message, timestamp: '', error: 'why' } as never });
    say(logLevel.ERROR, 'The coordinator is loading');
    say(logLevel.ERROR, 'The coordinator is loading');
    say(logLevel.ERROR, 'Response Metadata(key: 3, version: 6)');
    say(logLevel.ERROR, 'Connection error: connect ECONNREFUSED');
    say(logLevel.WARN, 'Limiting retries for the idempotent producer may invalidate EoS guarantees');
    say(logLevel.INFO, 'Starting');
    expect(lines).toEqual(['Consumer: The coordinator is loading: why']);
  });
});

describe('RecentLines', () => {
  it('lets a line through again when it is old', () => {
    let now = 0;
    const recent = new RecentLines(100, () => now);
    expect([recent.isNew('a'), recent.isNew('b'), recent.isNew('a')]).toEqual([true, true, false]);
    now = 100;
    expect(recent.isNew('a')).toBe(true);
  });
});
