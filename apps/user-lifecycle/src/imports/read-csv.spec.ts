import { describe, expect, it } from 'vitest';
import { readCsv } from './read-csv.js';
import type { ReceivedRow } from './received-row.js';

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield await Promise.resolve(text.slice(at, at + length));
}

async function read(text: string, pieces = 1_000): Promise<ReceivedRow[]> {
  const rows: ReceivedRow[] = [];
  for await (const row of readCsv(inPieces(text, pieces), () => cells => ({ cells }))) rows.push(row);
  return rows;
}

const cellsOf = (rows: ReceivedRow[]) =>
  rows.map(({ line, content }) => [line, 'body' in content ? (content.body as { cells: string[] }).cells : content.errors[0]!.code]); // prettier-ignore

describe('readCsv', () => {
  const file = 'a,b\r\n1,"x\r\ny"\r\n\r\n"p ""q""",\r\n3\r\n"7\n8\n9",é\n10,11';
  const expected = [
    [2, ['1', 'x\r\ny']],
    [5, ['p "q"', '']],
    [6, 'wrong_cell_count'],
    [7, ['7\n8\n9', 'é']],
    [10, ['10', '11']],
  ];

  it.each([1, 2, 3, 7, 1_000])(
    'numbers rows by the line where they begin, read %i characters at a time',
    async pieces => {
      expect(cellsOf(await read(file, pieces))).toEqual(expected);
    },
  );

  it('reads lines that end in CR alone', async () => {
    expect(cellsOf(await read('a,b\r1,2\r"x\ry",4'))).toEqual([
      [2, ['1', '2']],
      [3, ['x\ry', '4']],
    ]);
  });

  it.each([
    ['malformed_csv', 3, 'a,b\n1,2\n"3,4\n5,6'],
    ['malformed_csv', 4, 'a,b\n"1\n2",3\n4,5"6'],
    ['malformed_csv', 3, 'a,b\n1,2\n"3"4,5'],
    ['row_too_long', 3, `a,b\n1,2\n3,${'x'.repeat(1024 * 1024 + 100)}\n`],
    ['malformed_csv', 5, 'a,b\n1,2\n\n\n3,4"5'],
    ['empty_file', 1, ''],
    ['empty_file', 1, '\n\n'],
  ])('refuses %s in line %i', async (code, line, text) => {
    await expect(read(text, 64 * 1024)).rejects.toMatchObject({
      code: 'malformed_file',
      extra: { line },
      errors: [{ code }],
    });
  });

  it('refuses headings before anything else is read', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<string> {
      yield 'a,b\n';
      for (;;) {
        taken += 1;
        yield await Promise.resolve('1,2\n'.repeat(1_000));
      }
    }
    const rows = readCsv(endless(), () => {
      throw new Error('no such column');
    });
    await expect(rows.next()).rejects.toThrow('no such column');
    expect(taken).toBeLessThan(100);
  });

  it('reads no further than its rows are taken', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<string> {
      yield 'a,b\n';
      for (;;) {
        taken += 1;
        yield await Promise.resolve('1,2\n'.repeat(1_000));
      }
    }
    const rows = readCsv(endless(), () => cells => ({ cells }));
    await rows.next();
    await new Promise(resolve => setImmediate(resolve));
    const before = taken;
    for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve));
    expect(taken - before).toBeLessThan(20);
    await rows.return(undefined);
  });
});
