import { describe, expect, it } from 'vitest';
import { readNdjson } from './read-ndjson.js';
import type { ReceivedRow } from './received-row.js';

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield await Promise.resolve(text.slice(at, at + length));
}

async function read(text: string, pieces = 64 * 1024): Promise<ReceivedRow[]> {
  const rows: ReceivedRow[] = [];
  for await (const row of readNdjson(inPieces(text, pieces))) rows.push(row);
  return rows;
}

describe('readNdjson', () => {
  it.each([1, 2, 5, 1_000])('reads an object a line, read %i characters at a time', async pieces => {
    const rows = await read('\n{"a": 1}\r\n\n  \n{"a": "x\\ny"}\n[2]\n{"a"\n', pieces);
    expect(rows).toMatchObject([
      { line: 2, content: { body: { a: 1 } } },
      { line: 5, content: { body: { a: 'x\ny' } } },
      { line: 6, content: { body: [2] } },
      { line: 7, content: { errors: [{ code: 'malformed_json', pointer: '' }] } },
    ]);
  });

  it('keeps no text that the database could not, nor what nests too deep', async () => {
    const deep = `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(await read(`{"a": "\\u0000"}\n${deep}`)).toMatchObject([
      { line: 1, content: { errors: [{ code: 'invalid_text', pointer: '/a' }] } },
      { line: 2, content: { errors: [{ code: 'too_deep' }] } },
    ]);
  });

  it.each([
    ['malformed_json', 1, 'login,firstName\nada,Ada'],
    ['malformed_json', 2, '\n[{"login": "ada"}]'],
    ['empty_file', 1, ''],
    ['empty_file', 1, ' \n\n'],
    ['row_too_long', 2, `{}\n{"a": "${'x'.repeat(1024 * 1024)}"}`],
    ['row_too_long', 2, `{}\n{"a": "${'x'.repeat(1024 * 1024)}"}\n{}`],
  ])('refuses %s in line %i', async (code, line, text) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'malformed_file', extra: { line }, errors: [{ code }] });
  });
});
