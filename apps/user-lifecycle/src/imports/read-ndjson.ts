import { malformedFile } from './malformed-file.js';
import { contentOf, faultyRow, MAX_ROW_BYTES, type ReceivedRow, type RowContent } from './received-row.js';

/**
 * Reads newline-delimited JSON as it comes; blank lines are left out. A first line that is no object tells a file of another
 * kind; what is wrong with a later line is an error of that line.
 * @throws DomainError 400 `malformed_json`, `row_too_long`, `empty_file`
 */
export async function* readNdjson(text: AsyncIterable<string>): AsyncGenerator<ReceivedRow> {
  let line = 0;
  let first = true;
  for await (const raw of splitLines(text)) {
    line += 1;
    if (raw.length > MAX_ROW_BYTES) throw tooLong(line);
    const row = raw.trim();
    if (row === '') continue;
    const content = parse(row);
    if (first && !isObject(content)) {
      const message = 'Each line is one JSON object; a JSON array or a CSV file is not read as application/x-ndjson';
      throw malformedFile('malformed_json', line, message);
    }
    first = false;
    yield { line, content };
  }
  if (first) throw malformedFile('empty_file', 1, 'The file is empty; each line is one JSON object');
}

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let lines = 0;
  for await (const chunk of text) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    yield* parts;
    lines += parts.length;
    if (rest.length > MAX_ROW_BYTES) throw tooLong(lines + 1);
  }
  yield rest;
}

function parse(row: string): RowContent {
  try {
    return contentOf(JSON.parse(row));
  } catch {
    // The parser's own words would show what stands there, a password maybe.
    return faultyRow('malformed_json', 'The line is no JSON; each line is one whole JSON object');
  }
}

function isObject(content: RowContent): boolean {
  if ('errors' in content) return content.errors[0]?.code !== 'malformed_json';
  return typeof content.body === 'object' && content.body !== null && !Array.isArray(content.body);
}

function tooLong(line: number) {
  return malformedFile('row_too_long', line, `A line has ${MAX_ROW_BYTES} characters at most`);
}
