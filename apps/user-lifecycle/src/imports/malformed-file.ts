import { DomainError } from '@countersign/kernel';

/** Why a file is refused as a whole. */
export type FileFault =
  | 'empty_file'
  | 'unknown_column'
  | 'duplicate_column'
  | 'missing_column'
  | 'invalid_encoding'
  | 'malformed_csv'
  | 'malformed_json'
  | 'row_too_long'
  | 'body_incomplete';

/** 400 for a file that is refused as a whole, with the line where it is wrong. */
export function malformedFile(fault: FileFault, line: number, message: string): DomainError {
  const errors = [{ pointer: '', code: fault, message }];
  return new DomainError('malformed_file', 'malformed', `Line ${line}: ${message}`, { errors, extra: { line } });
}
