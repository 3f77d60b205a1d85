import { DomainError, type FieldError } from '@countersign/kernel';
import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';

interface Issue {
  message: string;
  code?: string;
  keys?: string[];
  path?: readonly (PropertyKey | { key: PropertyKey })[];
}

const escape = (segment: PropertyKey) => String(segment).replaceAll('~', '~0').replaceAll('/', '~1');

/** Issues of a schema (Standard Schema; zod adds code and keys) as the fields of a problem document. */
export function fieldErrors(issues: readonly Issue[], prefix = ''): FieldError[] {
  return issues.flatMap(issue => {
    const path = (issue.path ?? []).map(part => '/' + escape(typeof part === 'object' ? part.key : part)).join('');
    if (issue.code === 'unrecognized_keys' && issue.keys) {
      return issue.keys.map(key => ({
        pointer: `${prefix}${path}/${escape(key)}`,
        code: 'unknown_field',
        message: `There is no field ${key} here; leave it out`,
      }));
    }
    return [{ pointer: prefix + path, code: issue.code ?? 'invalid', message: issue.message }];
  });
}

/** 400 with a pointer per refused field. */
export function malformed(errors: FieldError[]): DomainError {
  const first = errors[0];
  const detail = first ? `${first.pointer || 'The body'}: ${first.message}` : 'The request cannot be read';
  return new DomainError('malformed_request', 'malformed', detail, { errors });
}

const MAX_DEPTH = 64;

/**
 * Texts, keys included, that PostgreSQL cannot keep (NUL characters and surrogates without their other half), and values
 * nested so deep that walking them would exhaust the stack.
 */
export function unstorableTexts(value: unknown, pointer = '', depth = 0): FieldError[] {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return [];
    const message = 'Text has neither NUL characters nor lone surrogates; remove them';
    return [{ pointer, code: 'invalid_text', message }];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (depth > MAX_DEPTH) return [{ pointer, code: 'too_deep', message: `Values nest at most ${MAX_DEPTH} deep` }];
  return Object.entries(value).flatMap(([key, inner]) => {
    const inside = `${pointer}/${escape(key)}`;
    return unstorableTexts(key, inside).concat(unstorableTexts(inner, inside, depth + 1));
  });
}

/**
 * Every input of every service goes through its zod schema here; refused input is a 400 that names each field: by JSON
 * pointer in the body, as `?name` in the query, as `{name}` in the path.
 */
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super();
  }

  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema } = metadata;
    if (!schema || metadata.type === 'custom') return value;
    const unstorable = metadata.type === 'body' ? unstorableTexts(value) : [];
    if (unstorable.length > 0) throw malformed(unstorable);
    const result = await this.validate(value, schema);
    if (!result.issues) return result.value as T;
    const errors = fieldErrors(result.issues as readonly Issue[]);
    if (metadata.type === 'query')
      throw malformed(errors.map(error => ({ ...error, pointer: `?${error.pointer.slice(1)}` })));
    if (metadata.type === 'param') {
      // An id of the wrong form names nothing: the same answer as for an id that does not exist.
      throw new DomainError('not_found', 'not_found', `${metadata.data ?? 'The path'} has not the form of an id`);
    }
    throw malformed(errors);
  }
}
