import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkIfMatch, cursorTimeSchema, decodeCursor, encodeCursor, listQuerySchema, toPage } from './listing.js';

describe('lists', () => {
  it('take a limit of 1 to 200, 50 by default, and refuse what is outside', () => {
    expect(listQuerySchema.parse({})).toEqual({ limit: 50 });
    for (const limit of ['0', '201', '-1', '1.5', 'x'])
      expect(listQuerySchema.safeParse({ limit }).success, limit).toBe(false);
  });

  it('give a cursor only when there is more', () => {
    const rows = [1, 2, 3];
    const page = toPage(
      rows,
      2,
      row => row * 10,
      row => [row],
    );
    expect(page.data).toEqual([10, 20]);
    expect(decodeCursor(page.page.next!, z.tuple([z.number()]))).toEqual([2]);
    expect(
      toPage(
        rows,
        3,
        row => row,
        row => [row],
      ).page.next,
    ).toBeNull();
    expect(
      toPage(
        [] as number[],
        3,
        row => row,
        row => [row],
      ).page.next,
    ).toBeNull();
  });

  it('refuse a cursor that is none of theirs', () => {
    for (const cursor of ['', 'x', encodeCursor({ other: 1 })]) {
      expect(() => decodeCursor(cursor, z.tuple([z.number()]))).toThrow(
        expect.objectContaining({ code: 'malformed_request' }),
      );
    }
  });

  it.each(['a\0b', '\ud800'])('refuse a forged cursor with text that no column takes: %j', text => {
    expect(() => decodeCursor(encodeCursor([text]), z.tuple([z.string()]))).toThrow(
      expect.objectContaining({ code: 'malformed_request' }),
    );
  });

  it('refuse times in a cursor that no column takes', () => {
    expect(cursorTimeSchema.safeParse('2026-01-31T08:00:00.000Z').success).toBe(true);
    for (const time of ['0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', 'now'])
      expect(cursorTimeSchema.safeParse(time).success, time).toBe(false);
  });
});

describe('If-Match', () => {
  it.each(['"3"', '*', '"1", "3"', undefined])('passes %j for version 3', header => {
    expect(() => checkIfMatch(header, 3)).not.toThrow();
  });

  it.each(['"2"', '3', 'W/"3"', ''])('refuses %j for version 3', header => {
    expect(() => checkIfMatch(header, 3)).toThrow(expect.objectContaining({ code: 'stale_version', kind: 'stale' }));
  });
});
