import { STATUS_CODES } from 'node:http';
import type { ApiDocument, ApiOperation, ApiParameter, ApiResponse, Method } from '../openapi/api-document.js';
import { resolve } from '../openapi/check-document.js';
import { html, inline, prose, type Html } from './html.js';
import { limitsOf, renderSchema, typeOf } from './render-schema.js';

/** Answers that every operation has are explained once, at the top of the page. */
const COMMON = new Set(['401', '429', '503', 'default']);

export function anchorOf(method: Method, path: string): string {
  return `${method}-${path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`;
}

/** One call: what it is for, what goes in, what comes out. */
export function renderOperation(document: ApiDocument, method: Method, path: string, operation: ApiOperation): Html {
  const body = operation.requestBody?.content ?? {};
  const common = Object.keys(operation.responses).filter(
    status => COMMON.has(status) && isShared(operation.responses[status]!),
  );
  return html`<article
    class="operation"
    id="${anchorOf(method, path)}"
    data-search="${searchText(method, path, operation)}"
  >
    <h3>
      <span class="method ${method}">${method.toUpperCase()}</span>
      <a class="path" href="#${anchorOf(method, path)}">${pathParts(path)}</a>
      ${operation.security?.length === 0 ? html`<span class="open">no token</span>` : undefined}
    </h3>
    ${operation.summary ? html`<p class="summary">${inline(operation.summary)}</p>` : undefined}
    ${prose(operation.description)} ${renderParameters(document, operation.parameters ?? [])}
    ${Object.entries(body).map(
      ([type, media]) =>
        html`<section>
          <h4>Body <span class="media">${type}</span></h4>
          ${renderSchema(document, media.schema)}
        </section>`,
    )}
    <section>
      <h4>Answers</h4>
      ${Object.entries(operation.responses)
        .filter(([status]) => !common.includes(status))
        .map(([status, response]) => renderResponse(document, status, response))}
      <p class="note">And the <a href="#errors">common errors</a>.</p>
    </section>
  </article>`;
}

function renderParameters(document: ApiDocument, parameters: readonly ApiParameter[]): Html {
  if (parameters.length === 0) return html``;
  return html`<section>
    <h4>Parameters</h4>
    <dl class="fields">
      ${parameters.map(
        ({ name, in: place, required, description, schema = {} }) =>
          html`<dt>
              <code>${name}</code> <span class="type">${typeOf(document, schema)}</span>
              <span class="place">${place}</span>
              ${required ? html`<span class="required">required</span>` : undefined}
            </dt>
            <dd>${inline(description ?? schema.description)} ${limitsOf(schema)}</dd>`,
      )}
    </dl>
  </section>`;
}

function renderResponse(document: ApiDocument, status: string, given: ApiResponse): Html {
  const response = given.$ref ? (resolve(document, given.$ref) as ApiResponse) : given;
  const [content] = Object.entries(response.content ?? {});
  const title = STATUS_CODES[status] ?? '';
  return html`<details class="answer">
    <summary>
      <span class="status s${status[0] ?? ''}">${status}</span> ${inline(response.description || title)}
      ${content ? html`<span class="media">${content[0]}</span>` : undefined}
    </summary>
    ${content ? renderSchema(document, content[1].schema) : html`<p class="note">No body.</p>`}
  </details>`;
}

function isShared(response: ApiResponse): boolean {
  return response.$ref?.startsWith('#/components/responses/') ?? false;
}

function pathParts(path: string): Html[] {
  return path.split(/(\{[^}]+\})/).map(part => (part.startsWith('{') ? html`<em>${part}</em>` : html`${part}`));
}

function searchText(method: string, path: string, { summary = '', tags = [] }: ApiOperation): string {
  return `${method} ${path} ${summary} ${tags.join(' ')}`.toLowerCase();
}
