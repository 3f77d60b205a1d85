import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { malformedFile } from './malformed-file.js';
import { contentOf, faultyRow, MAX_ROW_BYTES, type ReceivedRow, type RowContent } from './received-row.js';

/** The body of a user that the cells of a row stand for. */
export type CellReader = (cells: readonly string[]) => Record<string, unknown>;

/**
 * Reads a CSV file (RFC 4180; LF and CR end a line too, blank lines are left out) as it comes.
 * @param readHeadings gets the first row, may refuse it by throwing, and tells how the cells of the others are read
 * @throws DomainError 400 `malformed_csv`, `row_too_long`, `empty_file`
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  readHeadings: (headings: string[]) => CellReader,
): AsyncGenerator<ReceivedRow> {
  // The parser's own count takes a CRLF within quotes for two lines. This one lacks the blank lines, which the parser counts.
  let line = 1;
  /** Of the rows that are read and not taken yet. */
  const begins: number[] = [];
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    // Told per row, with its line: the parser would only say that there is one.
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    // Here and not where the rows are taken: a failure overtakes the rows that were read before it.
    on_record: (cells: string[], { empty_lines: blank }) => {
      begins.push(line + blank);
      line += 1 + cells.reduce((breaks, cell) => breaks + lineBreaks(cell), 0);
      return cells;
    },
  });
  // Its failures reach the loop below.
  pipeline(Readable.from(text), parser, () => undefined);
  let columns = 0;
  let bodyOf: CellReader | undefined;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const begin = begins.shift()!;
      if (cells.length === 1 && cells[0]!.trim() === '') continue;
      if (bodyOf) yield { line: begin, content: contentOfCells(cells, columns, bodyOf) };
      else [bodyOf, columns] = [readHeadings(cells), cells.length];
    }
  } catch (error) {
    throw error instanceof CsvError ? refused(error, line + Number(error['empty_lines'])) : error;
  }
  if (!bodyOf) throw malformedFile('empty_file', 1, 'The file is empty; its first line names the columns');
}

function contentOfCells(cells: readonly string[], columns: number, bodyOf: CellReader): RowContent {
  if (cells.length === columns) return contentOf(bodyOf(cells));
  return faultyRow('wrong_cell_count', `The row has ${cells.length} cells, the headings are ${columns}`);
}

function lineBreaks(cell: string): number {
  return cell.includes('\n') || cell.includes('\r') ? cell.split(/\r\n|\n|\r/).length - 1 : 0;
}

function refused(error: CsvError, line: number) {
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return malformedFile(
        'row_too_long',
        line,
        `A row has ${MAX_ROW_BYTES} bytes at most; is a closing quote missing?`,
      );
    case 'CSV_QUOTE_NOT_CLOSED':
      return malformedFile('malformed_csv', line, 'A quote is opened in this row and never closed');
    default:
      return malformedFile(
        'malformed_csv',
        line,
        'A quote stands in the middle of a cell; put the whole cell in quotes and double those within (RFC 4180)',
      );
  }
}
