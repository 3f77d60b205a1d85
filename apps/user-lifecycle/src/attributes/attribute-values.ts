import type { FieldError } from '@countersign/kernel';
import { z } from 'zod';
import { searchKey } from '../filtering/search-key.js';
import type { AttributeDefinition } from './attribute.schema.js';

export type AttributeValue = string | number | boolean;
export type AttributeValues = Readonly<Record<string, AttributeValue | null>>;

/** The name under which an attribute's values are indexed and kept unique. */
export function attributeIndexName(name: string): string {
  return `attributes.${name}`;
}

/** The form in which an attribute's values are compared. */
export function attributeKey(value: AttributeValue): string {
  return typeof value === 'string' ? searchKey(value) : String(value);
}

/**
 * What is wrong with a user's attributes, by JSON pointer. Only what differs from `before` is checked: an attribute that
 * became required later must not stand in the way of another change.
 */
export function checkAttributes(
  definitions: readonly AttributeDefinition[],
  after: AttributeValues,
  before?: AttributeValues,
): FieldError[] {
  const errors: FieldError[] = [];
  const known = new Map(definitions.map(definition => [definition.name, definition]));
  for (const [name, value] of Object.entries(after)) {
    if (value === null || (before && valueOf(before, name) === value)) continue;
    const definition = known.get(name);
    if (!definition) {
      errors.push(
        error(name, 'unknown_attribute', `The tenant has no attribute ${name}; add it with PUT /v1/user-attributes`),
      );
      continue;
    }
    const wanted = mismatch(definition, value);
    if (wanted) errors.push(error(name, 'invalid_attribute', `${name} is ${wanted}`));
  }
  for (const { name, required } of definitions) {
    if (!required || valueOf(after, name) !== null) continue;
    if (!before || valueOf(before, name) !== null)
      errors.push(error(name, 'required', `${name} is required and cannot be empty`));
  }
  return errors;
}

/** The value of an attribute; null when there is none, also where every object has a member of that name (`constructor`). */
export function valueOf(values: AttributeValues, name: string): AttributeValue | null {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

function error(name: string, code: string, message: string): FieldError {
  return { pointer: `/attributes/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, code, message };
}

/** What the attribute wants instead of this value; undefined when it fits. */
export function mismatch(definition: AttributeDefinition, value: AttributeValue): string | undefined {
  switch (definition.type) {
    case 'string':
      return typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty; null clears it';
    case 'number':
      return typeof value === 'number' ? undefined : 'a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'date':
      return z.iso.date().safeParse(value).success ? undefined : 'a date such as 2026-01-31';
    case 'enum':
      return definition.values?.includes(value as string)
        ? undefined
        : `one of ${definition.values?.join(', ') ?? 'no values'}`;
  }
}
