import type { ApiDocument, ApiSchema } from '../openapi/api-document.js';
import { resolve } from '../openapi/check-document.js';
import { html, inline, type Html } from './html.js';

const MAX_DEPTH = 6;
/** Formats of JSON Schema that mean something to a reader. */
const FORMATS = new Set(['date', 'date-time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'binary']);

/** A JSON Schema as a list of fields that a person can read; nested objects fold out. */
export function renderSchema(document: ApiDocument, schema: ApiSchema | undefined, depth = 0): Html {
  const { schema: shown, name } = follow(document, schema);
  if (!shown) return html``;
  if (depth > MAX_DEPTH) return html`<p class="more">and so on</p>`;
  const variants = shown.oneOf ?? shown.anyOf;
  const objects = variants?.map(variant => follow(document, variant).schema).filter(variant => variant?.properties);
  if (variants && objects && objects.length > 1) {
    return html`<div class="variants">
      <p class="note">One of:</p>
      ${variants.map(variant => html`<div class="variant">${renderSchema(document, variant, depth + 1)}</div>`)}
    </div>`;
  }
  if (variants && objects?.length === 1) return renderSchema(document, objects[0], depth);
  if (shown.allOf) return html`${shown.allOf.map(part => renderSchema(document, part, depth))}`;
  if (shown.type === 'array' && shown.items) {
    return html`<p class="note">A list of:</p>
      ${renderSchema(document, shown.items, depth + 1)}`;
  }
  if (!shown.properties) {
    return html`<p class="note"><span class="type">${typeOf(document, shown)}</span> ${inline(shown.description)}</p>`;
  }
  const required = new Set(shown.required ?? []);
  return html`<dl class="fields" ${name && depth > 0 ? html`data-name="${name}"` : undefined}>
    ${Object.entries(shown.properties).map(([field, inner]) => renderField(document, field, inner, required.has(field), depth))}
  </dl>`;
}

function renderField(document: ApiDocument, name: string, field: ApiSchema, required: boolean, depth: number): Html {
  const schema = follow(document, field).schema ?? {};
  const nested = nestedOf(document, schema);
  return html`<dt>
      <code>${name}</code>
      <span class="type">${typeOf(document, schema)}</span>
      ${required ? html`<span class="required">required</span>` : undefined}
    </dt>
    <dd>
      ${inline(field.description ?? schema.description)} ${limitsOf(schema)}
      ${
        nested
          ? html`<details>
              <summary>fields</summary>
              ${renderSchema(document, nested, depth + 1)}
            </details>`
          : undefined
      }
    </dd>`;
}

/** The object that a field holds, directly, in a list, or as one of several forms. */
function nestedOf(document: ApiDocument, schema: ApiSchema): ApiSchema | undefined {
  if (schema.properties) return schema;
  if (schema.type === 'array' && schema.items) return nestedOf(document, follow(document, schema.items).schema ?? {});
  const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  return variants?.some(variant => nestedOf(document, follow(document, variant).schema ?? {})) ? schema : undefined;
}

export function typeOf(document: ApiDocument, given: ApiSchema): string {
  const { schema = {} } = follow(document, given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return [...new Set(variants.map(variant => typeOf(document, variant)))].join(' | ');
  const type = Array.isArray(schema.type)
    ? schema.type.join(' | ')
    : (schema.type ?? (schema.properties ? 'object' : 'any'));
  if (type === 'array') return `${schema.items ? typeOf(document, schema.items) : 'any'}[]`;
  return schema.format && FORMATS.has(schema.format) ? `${type} (${schema.format})` : type;
}

export function limitsOf(schema: ApiSchema): Html[] {
  const limits: [string, unknown][] = [
    ['at least', schema['minimum']],
    ['at most', schema['maximum'] === Number.MAX_SAFE_INTEGER ? undefined : schema['maximum']],
    ['min. length', schema['minLength']],
    ['max. length', schema['maxLength']],
    ['min. items', schema['minItems']],
    ['max. items', schema['maxItems']],
    ['default', schema.default === undefined ? undefined : JSON.stringify(schema.default)],
  ];
  return limits.flatMap(([label, value]) =>
    value === undefined ? [] : [html`<span class="limit">${label} <code>${String(value)}</code></span> `],
  );
}

function follow(document: ApiDocument, schema: ApiSchema | undefined): { schema?: ApiSchema; name?: string } {
  let at = schema;
  let name: string | undefined;
  for (let step = 0; at?.$ref && step < 20; step++) {
    name = at.$ref.split('/').at(-1);
    at = resolve(document, at.$ref) as ApiSchema | undefined;
  }
  return { schema: at, name };
}
