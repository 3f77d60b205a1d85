import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ApiDocument, ApiSchema } from '../openapi/api-document.js';
import { renderDocsPage } from './docs-page.js';

const user: ApiSchema = {
  type: 'object',
  required: ['login'],
  properties: {
    login: { type: 'string', maxLength: 64, description: 'Sign-in name, `a<b` & "quoted".' },
    manager: { anyOf: [{ $ref: '#/components/schemas/User' }, { type: 'null' }] },
    tags: { type: 'array', items: { enum: ['a', 'b'] } },
  },
};
const document: ApiDocument = {
  openapi: '3.1.0',
  info: { title: 'API <script>alert(1)</script>', version: '1' },
  tags: [{ name: 'Users' }],
  paths: {
    '/v1/users/{id}': {
      get: {
        operationId: 'x',
        tags: ['Users'],
        summary: 'One user',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: {
            description: 'The user.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } },
          },
          401: { $ref: '#/components/responses/Unauthenticated' },
          404: { description: '' },
        },
      },
    },
    '/v1/login': { post: { operationId: 'y', security: [], responses: { 200: { description: 'In.' } } } },
  },
  components: { schemas: { User: user }, responses: { Unauthenticated: { description: 'No token.' } } },
};

describe('renderDocsPage', () => {
  const { html, contentSecurityPolicy } = renderDocsPage(document);

  it('shows every operation with its fields, under its tag', () => {
    for (const text of [
      'Users',
      'One user',
      '/v1/users/',
      'login',
      'required',
      'max. length',
      '&quot;a&quot; | &quot;b&quot;',
      'no token',
      'Not Found',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('id="get-v1-users-id"');
    expect(html).toContain('href="#get-v1-users-id"');
  });

  it('comes to an end with schemas that contain themselves', () => {
    expect(html).toContain('and so on');
  });

  it('escapes what it shows', () => {
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('<code>a&lt;b</code> &amp; &quot;quoted&quot;');
  });

  it('loads nothing from anywhere, and runs and styles only what its policy names', () => {
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [element, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ] as const) {
      const sources = [...html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))].map(
        ([, source]) => source!,
      );
      expect(sources).toHaveLength(1);
      const hash = createHash('sha256').update(sources[0]!).digest('base64');
      expect(contentSecurityPolicy).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(html).not.toMatch(/ (style|on\w+)="/);
    expect(contentSecurityPolicy).not.toContain('unsafe');
  });
});
