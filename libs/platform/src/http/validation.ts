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

/** An answer names so many refused fields at most, each in so many characters: it must not outgrow what it refuses. */
const MAX_ERRORS = 100;
const MAX_TEXT = 500;

/** 400 with a pointer per refused field. */
export function malformed(errors: FieldError[]): DomainError {
  const named = errors.slice(0, MAX_ERRORS).map(({ pointer, code, message }) => ({
    pointer: pointer.slice(0, MAX_TEXT),
    code,
    message: message.slice(0, MAX_TEXT),
  }));
  const first = named[0];
  const detail = first ? `${first.pointer || 'The body'}: ${first.message}` : 'The request cannot be read';
  return new DomainError('malformed_request', 'malformed', detail, { errors: named });
}

const MAX_DEPTH = 64;

/**
 * Texts, keys included, that PostgreSQL cannot keep (NUL characters and surrogates without their other half), and values
 * nested so deep that walking them would exhaust the stack. Stops where an answer would.
 */
export function unstorableTexts(value: unknown): FieldError[] {
  const found: FieldError[] = [];
  findUnstorable(value, [], found);
  return found;
}

/** Where it stands is put into words only of what is refused: most bodies are good, and some are long. */
function findUnstorable(value: unknown, path: PropertyKey[], found: FieldError[]): void {
  if (found.length >= MAX_ERRORS) return;
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return;
    const message = 'Text has neither NUL characters nor lone surrogates; remove them';
    found.push({ pointer: pointerOf(path), code: 'invalid_text', message });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (path.length > MAX_DEPTH) {
    found.push({ pointer: pointerOf(path), code: 'too_deep', message: `Values nest at most ${MAX_DEPTH} deep` });
    return;
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      path.push(i);
      findUnstorable(value[i], path, found);
      path.pop();
    }
    return;
  }
  for (const key of Object.keys(value)) {
    path.push(key);
    findUnstorable(key, path, found);
    findUnstorable((value as Record<string, unknown>)[key], path, found);
    path.pop();
  }
}

const pointerOf = (path: readonly PropertyKey[]) => path.map(part => `/${escape(part)}`).join('');

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
