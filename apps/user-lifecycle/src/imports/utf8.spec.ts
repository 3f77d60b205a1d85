import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from './utf8.js';

async function decode(bytes: Buffer, pieces: number): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieces) yield await Promise.resolve(bytes.subarray(at, at + pieces));
  }
  let text = '';
  for await (const part of decodeUtf8(chunks())) text += part;
  return text;
}

describe('decodeUtf8', () => {
  it.each([1, 2, 3, 5, 1_000])('decodes what is cut anywhere, %i bytes at a time', async pieces => {
    const text = 'ascii é € 😀 \ufffd\nnext';
    expect(await decode(Buffer.from(`\ufeff${text}`), pieces)).toBe(text);
  });

  it.each([
    [[Buffer.from('a\nb\ncé'), Buffer.from([0xe9]), Buffer.from('\nd')], 3],
    [[Buffer.from([0xff, 0xfe]), Buffer.from('a\nb', 'utf16le')], 1],
    [[Buffer.from('a\n€\n'), Buffer.from([0xc0, 0x80])], 3],
    [[Buffer.from('a\n'), Buffer.from([0xed, 0xa0, 0x80])], 2],
    [[Buffer.from('a\nb'), Buffer.from([0xe2, 0x82])], 2],
  ])('names the line of the first byte that is no UTF-8', async (parts, line) => {
    for (const pieces of [1, 2, 3, 1_000]) {
      await expect(decode(Buffer.concat(parts), pieces)).rejects.toMatchObject({
        extra: { line },
        errors: [{ code: 'invalid_encoding' }],
      });
    }
  });
});
