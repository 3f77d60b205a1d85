import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { operationsOf, type ApiDocument, type ApiOperation, type Method } from '../openapi/api-document.js';
import { Html, html, inline } from './html.js';
import { anchorOf, renderOperation } from './render-operation.js';

export interface DocsPage {
  html: string;
  /** The page's own policy: its one style sheet and its one script, by their hashes, and nothing else. */
  contentSecurityPolicy: string;
}

interface Entry {
  method: Method;
  path: string;
  operation: ApiOperation;
}

const asset = (name: string) => readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8');

/** The API document as one page that needs nothing but itself. */
export function renderDocsPage(document: ApiDocument): DocsPage {
  const style = asset('docs.css');
  const script = asset('docs.js');
  const groups = groupByTag(document);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title}</title>
        <link rel="icon" href="data:," />
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        <nav aria-label="Operations">
          <a class="brand" href="#top">${document.info.title} <small>${document.info.version}</small></a>
          <input
            id="search"
            type="search"
            placeholder="Search (press /)"
            aria-label="Search the operations"
            autocomplete="off"
          />
          ${groups.map(([tag, entries]) => renderNavGroup(tag, entries))}
        </nav>
        <main id="top">
          <header>
            <h1>${document.info.title}</h1>
            <p>${inline(document.info.description)}</p>
            <p class="note">The same as <a href="/openapi.json">OpenAPI 3.1</a>, for tools.</p>
          </header>
          ${introduction}
          ${groups.map(
            ([tag, entries]) =>
              html`<section class="group" id="tag-${slug(tag)}">
                <h2>${tag}</h2>
                ${entries.map(({ method, path, operation }) => renderOperation(document, method, path, operation))}
              </section>`,
          )}
          <p id="nothing" class="note" hidden>Nothing matches.</p>
        </main>
        ${new Html(`<script>${script}</script>`)}
      </body>
    </html>`;
  return {
    html: page.text,
    contentSecurityPolicy: [
      "default-src 'none'",
      `style-src '${hashOf(style)}'`,
      `script-src '${hashOf(script)}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  };
}

const introduction = html`<section class="intro">
  <h2>First steps</h2>
  <pre><code>curl -s {base}/v1/login -H 'content-type: application/json' \\
  -d '{"tenant": "demo", "login": "admin", "password": "…"}'</code></pre>
  <p>
    The answer's <code>tokens.accessToken</code> goes into every other call as <code>Authorization: Bearer …</code>;
    programs send an API key (<code>csk_…</code>) the same way. The tenant comes from the token, never from the request.
  </p>
  <h3 id="lists">Lists</h3>
  <p>
    <code>?limit=</code> (1 to 200) and <code>?cursor=</code>; the answer is <code>{data, page: {next, limit}}</code>,
    and <code>page.next</code> is the cursor of the next page, <code>null</code> at the end. <code>filter=</code> takes
    SCIM expressions such as <code>login eq "ada"</code>.
  </p>
  <h3 id="changes">Changes</h3>
  <p>
    A POST may be repeated safely with the same <code>Idempotency-Key</code> for 24 hours. Every resource has an
    <code>ETag</code>; <code>If-Match</code> makes a change fail with 412 when somebody else was faster.
  </p>
  <h3 id="errors">Errors</h3>
  <p>
    Every error is a problem document (RFC 9457, <code>application/problem+json</code>): <code>code</code> is stable,
    <code>detail</code> says what to do, <code>errors</code> names each refused field by its JSON pointer, and
    <code>traceId</code> finds the request in the logs. On every call: 401 without a valid token
    (<code>token_stale</code>: refresh it), 429 beyond the limits that the headers <code>RateLimit</code> and
    <code>RateLimit-Policy</code> tell, 503 with <code>Retry-After</code> while something is starting or away.
  </p>
</section>`;

function renderNavGroup(tag: string, entries: readonly Entry[]): Html {
  return html`<details open>
    <summary>${tag}</summary>
    <ul>
      ${entries.map(
        ({ method, path }) =>
          html`<li data-for="${anchorOf(method, path)}">
            <a href="#${anchorOf(method, path)}"
              ><span class="method ${method}">${shortMethod(method)}</span><span>${path}</span></a
            >
          </li>`,
      )}
    </ul>
  </details>`;
}

function groupByTag(document: ApiDocument): [string, Entry[]][] {
  const groups = new Map<string, Entry[]>((document.tags ?? []).map(tag => [tag.name, []]));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of operationsOf(item)) {
      const tag = operation.tags?.[0] ?? 'Other';
      groups.set(tag, [...(groups.get(tag) ?? []), { method, path, operation }]);
    }
  }
  return [...groups].filter(([, entries]) => entries.length > 0);
}

function shortMethod(method: Method): string {
  return method === 'delete' ? 'DEL' : method.toUpperCase();
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function hashOf(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}
