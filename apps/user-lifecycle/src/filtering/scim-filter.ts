import { DomainError } from '@countersign/kernel';

export const SCIM_OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type ScimOperator = (typeof SCIM_OPERATORS)[number];
export type ScimValue = string | number | boolean | null;

/** A filter of RFC 7644 §3.4.2.2 as a tree. */
export type ScimFilter =
  | { kind: 'and' | 'or'; items: ScimFilter[] }
  | { kind: 'not'; item: ScimFilter }
  | { kind: 'present'; attribute: string }
  | { kind: 'compare'; attribute: string; operator: ScimOperator; value: ScimValue };

/** Longest filter, in characters; deepest nesting; most comparisons. Beyond them a filter costs more than it can find. */
const MAX_LENGTH = 2000;
const MAX_DEPTH = 10;
const MAX_TERMS = 20;

/** 400 `filter_unsupported`: the filter or sort is not one that the resource's indexes serve, or cannot be read at all. */
export function filterUnsupported(message: string, parameter: 'filter' | 'sort' = 'filter'): DomainError {
  return new DomainError('filter_unsupported', 'malformed', message, {
    errors: [{ pointer: `?${parameter}`, code: 'filter_unsupported', message }],
  });
}

const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([A-Za-z$][\w$.:-]*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))/y;

interface Token {
  kind: 'punctuation' | 'string' | 'word' | 'number';
  text: string;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length && text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw filterUnsupported(`The filter cannot be read at character ${at + 1}`);
    const [, punctuation, string, word, number] = match;
    if (punctuation !== undefined) tokens.push({ kind: 'punctuation', text: punctuation });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'number', text: number! });
  }
  return tokens;
}

/**
 * Reads a filter: comparisons, `pr`, `and`, `or`, `not (…)` and parentheses; `and` binds tighter than `or`.
 * @throws DomainError 400 `filter_unsupported`
 */
export function parseScimFilter(text: string): ScimFilter {
  if (text.length > MAX_LENGTH) throw filterUnsupported(`A filter has at most ${MAX_LENGTH} characters`);
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

class Parser {
  private at = 0;
  private terms = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): ScimFilter {
    const filter = this.disjunction(1);
    if (this.at < this.tokens.length)
      throw filterUnsupported(`Unexpected "${this.tokens[this.at]!.text}" after the filter's end`);
    return filter;
  }

  private disjunction(depth: number): ScimFilter {
    return this.list('or', () => this.list('and', () => this.term(depth)));
  }

  private list(kind: 'and' | 'or', item: () => ScimFilter): ScimFilter {
    const items = [item()];
    while (this.takeWord(kind)) items.push(item());
    return items.length === 1 ? items[0]! : { kind, items };
  }

  private term(depth: number): ScimFilter {
    if (depth > MAX_DEPTH) throw filterUnsupported(`A filter nests at most ${MAX_DEPTH} deep`);
    if (++this.terms > MAX_TERMS) throw filterUnsupported(`A filter has at most ${MAX_TERMS} comparisons`);
    if (this.takeWord('not')) {
      this.punctuation('(');
      const item = this.disjunction(depth + 1);
      this.punctuation(')');
      return { kind: 'not', item };
    }
    if (this.peek()?.text === '(') {
      this.at++;
      const inner = this.disjunction(depth + 1);
      this.punctuation(')');
      return inner;
    }
    return this.comparison();
  }

  private comparison(): ScimFilter {
    const name = this.peek();
    if (name?.kind !== 'word') throw filterUnsupported('An attribute name is missing, as in: login eq "anna"');
    this.at++;
    if (this.peek()?.text === '[') throw filterUnsupported('Filters inside brackets are not supported');
    const attribute = name.text;
    if (this.takeWord('pr')) return { kind: 'present', attribute };
    const operator = this.peek()?.text.toLowerCase();
    if (!isOperator(operator))
      throw filterUnsupported(`After ${attribute} one of ${SCIM_OPERATORS.join(', ')}, pr is needed`);
    this.at++;
    return { kind: 'compare', attribute, operator, value: this.value(attribute) };
  }

  private value(attribute: string): ScimValue {
    const token = this.peek();
    this.at++;
    if (token?.kind === 'number') return Number(token.text);
    if (token?.kind === 'string') return unquote(token.text);
    if (token?.text === 'true') return true;
    if (token?.text === 'false') return false;
    if (token?.text === 'null') return null;
    throw filterUnsupported(`The value of ${attribute} is missing; text stands in double quotes`);
  }

  private peek(): Token | undefined {
    return this.tokens[this.at];
  }

  private takeWord(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false;
    this.at++;
    return true;
  }

  private punctuation(text: string): void {
    if (this.peek()?.text !== text) throw filterUnsupported(`A "${text}" is missing`);
    this.at++;
  }
}

function isOperator(text: string | undefined): text is ScimOperator {
  return text !== undefined && (SCIM_OPERATORS as readonly string[]).includes(text);
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw filterUnsupported(`The text ${text.slice(0, 40)} is no JSON string`);
  }
}
