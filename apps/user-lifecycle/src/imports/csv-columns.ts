import type { AttributeDefinition } from '../attributes/attribute.schema.js';
import type { AttributeValue } from '../attributes/attribute-values.js';
import type { ImportMode } from './import.schema.js';
import { malformedFile } from './malformed-file.js';

const FIELDS = ['login', 'firstName', 'lastName', 'userType', 'country', 'email', 'mobile', 'manager', 'password'];
/** Columns whose cells hold several values, with a semicolon between them. */
const LISTS = ['assignedGroups', 'roles'];
const ATTRIBUTE = 'attributes.';
const QUESTION = 'securityQuestion.';

const REQUIRED: Readonly<Record<ImportMode, readonly string[]>> = {
  create: ['login', 'firstName', 'lastName'],
  upsert: ['login'],
};

/**
 * The headings of a CSV file as the names that its columns are read by.
 * @throws DomainError 400 `unknown_column`, `duplicate_column`, `missing_column`
 */
export function checkHeadings(
  headings: readonly string[],
  attributes: readonly AttributeDefinition[],
  mode: ImportMode,
): string[] {
  const columns = headings.map(heading => heading.trim());
  columns.forEach((column, index) => {
    if (!isColumn(column, attributes)) throw malformedFile('unknown_column', 1, unknownColumn(column, index));
    if (columns.indexOf(column) < index)
      throw malformedFile('duplicate_column', 1, `The column ${column} is there twice`);
  });
  const missing = REQUIRED[mode].find(column => !columns.includes(column));
  if (missing) throw malformedFile('missing_column', 1, `The column ${missing} is missing`);
  return columns;
}

function isColumn(column: string, attributes: readonly AttributeDefinition[]): boolean {
  if (column.startsWith(ATTRIBUTE)) return attributes.some(({ name }) => ATTRIBUTE + name === column);
  if (column.startsWith(QUESTION)) return column.length > QUESTION.length;
  return FIELDS.includes(column) || LISTS.includes(column);
}

function unknownColumn(column: string, index: number): string {
  if (column === '') return `Column ${index + 1} has no heading`;
  const shown = column.slice(0, 100);
  if (/^[\w.]+[;\t]/.test(column)) return `There is no column ${shown}; commas separate columns, nothing else does`;
  if (column.startsWith(ATTRIBUTE))
    return `There is no column ${shown}: the tenant has no such attribute; add it with PUT /v1/user-attributes`;
  return `There is no column ${shown}; the columns are ${[...FIELDS, ...LISTS].join(', ')}, attributes.<name> and securityQuestion.<question>`;
}

/**
 * A row's cells, one for each column, as the body that the API takes for one user. An empty cell says nothing: the field is left out.
 * Texts that are no value of their attribute's type stay texts, and are refused as such later.
 */
export function bodyOfCells(
  columns: readonly string[],
  cells: readonly string[],
  attributes: readonly AttributeDefinition[],
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const custom: Record<string, AttributeValue> = {};
  const questions: Record<string, string> = {};
  columns.forEach((column, index) => {
    const cell = cells[index]!;
    if (cell === '') return;
    if (LISTS.includes(column)) body[column] = listOf(cell);
    else if (column.startsWith(ATTRIBUTE)) {
      const name = column.slice(ATTRIBUTE.length);
      custom[name] = typedValue(attributes.find(attribute => attribute.name === name)?.type, cell);
    } else if (column.startsWith(QUESTION)) questions[column.slice(QUESTION.length)] = cell;
    else body[column] = cell;
  });
  if (Object.keys(custom).length > 0) body['attributes'] = custom;
  if (Object.keys(questions).length > 0) body['securityQuestion'] = questions;
  return body;
}

function listOf(cell: string): string[] {
  return cell
    .split(';')
    .map(item => item.trim())
    .filter(item => item !== '');
}

function typedValue(type: AttributeDefinition['type'] | undefined, cell: string): AttributeValue {
  const text = cell.trim();
  if (type === 'number' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) {
    const number = Number(text);
    return Number.isFinite(number) ? number : cell;
  }
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return type === 'date' ? text : cell;
}
