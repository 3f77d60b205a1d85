import { malformedFile } from './malformed-file.js';

const LINE_FEED = 0x0a;

/**
 * The text of UTF-8 bytes, chunk by chunk, without a byte order mark at its beginning.
 * @throws DomainError 400 `invalid_encoding` with the line of the first byte that is no UTF-8
 */
export async function* decodeUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let lines = 1;
  /** Bytes of a character whose others come with the next chunk: three at most. */
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      throw invalidEncoding(lines + linesBeforeFault(Buffer.concat([tail, chunk])));
    }
    if (text !== '') yield text;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lines += 1;
    tail = incompleteEnd(chunk);
  }
  try {
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch {
    throw invalidEncoding(lines);
  }
}

/** The last bytes of a chunk if they are the beginning of a character that goes on. */
function incompleteEnd(chunk: Buffer): Buffer {
  for (let length = 1; length <= Math.min(3, chunk.length); length++) {
    const byte = chunk[chunk.length - length]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    return byte >= 0b1100_0000 ? Buffer.from(chunk.subarray(chunk.length - length)) : Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}

/** Line feeds before the first byte that a decoder replaces. */
function linesBeforeFault(bytes: Buffer): number {
  const fault = bytes.toString('utf8').indexOf('\ufffd');
  const before = fault === -1 ? bytes.toString('utf8') : bytes.toString('utf8').slice(0, fault);
  return before.split('\n').length - 1;
}

function invalidEncoding(line: number) {
  return malformedFile('invalid_encoding', line, 'The file is not UTF-8; save it as UTF-8 ("CSV UTF-8" in Excel)');
}
