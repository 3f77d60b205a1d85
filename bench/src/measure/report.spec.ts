import { describe, expect, it } from 'vitest';
import { figure, ratioAtLeast } from './figure.js';
import { figureLines, rounded } from './report.js';

const measured = figure({
  name: 'deliveries',
  unit: '/s',
  subject: 'the dispatcher',
  baseline: 'a raw loop',
  pairs: [
    { subject: 1_234, baseline: 2_000 },
    { subject: 500, baseline: 2_000 },
    { subject: 1_000, baseline: 1_000 },
  ],
  aim: ratioAtLeast(0.5),
});

describe('a figure', () => {
  it('takes the ratio of each pair, not of the medians', () => {
    expect(measured.ratio).toMatchObject({ median: 0.617, lowest: 0.25, highest: 1 });
    expect(measured.aim).toEqual({ text: 'ratio >= 0.5', reached: true });
  });

  it('is shown with its baseline, its spread and its aim', () => {
    const text = figureLines(measured).join('\n');
    expect(text).toContain('1,000 /s  the dispatcher [500 .. 1,230 /s]');
    expect(text).toContain('2,000 /s  a raw loop [1,000 .. 2,000 /s]');
    expect(text).toContain('ratio 0.617 [0.25 .. 1], 3 repeats; aim ratio >= 0.5: reached');
  });

  it('is rounded to three digits', () => {
    expect([rounded(12_345), rounded(1.2345), rounded(0.000123456)]).toEqual(['12,300', '1.23', '0.000123']);
  });
});
