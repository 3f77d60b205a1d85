import { isPublicPath } from '../routing/services.js';
import { operationsOf, OWNER, type ApiDocument, type ApiOperation, type PathItem } from './api-document.js';
import { checkDocument } from './check-document.js';
import { COMMON_COMPONENTS, withCommonAnswers } from './common-answers.js';

/** One service's committed document. */
export interface ServiceDocument {
  service: string;
  /** Stands before the names of the service's components, so that two services may name theirs alike. */
  prefix: string;
  /** Tag of the operations that have none. */
  title: string;
  document: ApiDocument;
}

/** Documents that cannot be one API; the message names every conflict. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

/** Components that all services have alike: the security schemes, and what the gateway describes for all of them. */
const isShared = (kind: string, name: string) => kind === 'securitySchemes' || name in (COMMON_COMPONENTS[kind] ?? {});

/**
 * One OpenAPI 3.1 document of several services' documents: every path has one owner, which is written beside it and which the
 * gateway routes by; components are named per service; what the gateway itself adds (security, 401, 429, 503) is described.
 * Tags come in the given order, then in that of the parts; everything else by name.
 * @throws MergeError when a path, an operationId or a security scheme is claimed twice, or a reference leads nowhere
 */
export function mergeDocuments(
  info: ApiDocument['info'],
  parts: readonly ServiceDocument[],
  tagOrder: readonly string[] = [],
): ApiDocument {
  const problems: string[] = [];
  const paths = new Map<string, PathItem>();
  const owners = new Map<string, string>();
  const components: Record<string, Record<string, unknown>> = {};
  const tags = new Map<string, { name: string; description?: string }>();

  for (const { service, prefix, title, document } of parts) {
    const renamed = renameComponents(document, prefix);
    for (const [path, item] of Object.entries(renamed.paths)) {
      if (path.startsWith('/internal')) continue;
      const shape = path.replace(/\{[^}]*\}/g, '{}');
      const owner = owners.get(shape);
      if (owner) problems.push(`${path} of ${service} is a path of ${owner} already`);
      owners.set(shape, service);
      const described = describe(service, title, path, item, problems);
      paths.set(path, described);
      for (const [, { tags: names = [] }] of operationsOf(described)) {
        for (const name of names) if (!tags.has(name)) tags.set(name, { name });
      }
    }
    for (const tag of renamed.tags ?? []) if (tags.has(tag.name)) tags.set(tag.name, tag);
    addComponents(components, renamed.components ?? {}, service, problems);
  }

  for (const [kind, named] of Object.entries(COMMON_COMPONENTS)) components[kind] = { ...components[kind], ...named };
  const rank = (name: string) => (tagOrder.includes(name) ? tagOrder.indexOf(name) : tagOrder.length);
  const merged: ApiDocument = {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    tags: [...tags.values()].sort((a, b) => rank(a.name) - rank(b.name)),
    security: [{ bearer: [] }],
    paths: Object.fromEntries([...paths].sort(byKey(([path]) => path))),
    components: Object.fromEntries(
      Object.entries(components)
        .sort(byKey(([kind]) => kind))
        .map(([kind, named]) => [kind, Object.fromEntries(Object.entries(named).sort(byKey(([name]) => name)))]),
    ),
  };
  problems.push(...checkDocument(merged));
  if (problems.length > 0) throw new MergeError(`The services' documents are not one API:\n  ${problems.join('\n  ')}`);
  return merged;
}

function describe(service: string, title: string, path: string, item: PathItem, problems: string[]): PathItem {
  const described: PathItem = { [OWNER]: service, ...item };
  const open = isPublicPath(path);
  for (const [method, operation] of operationsOf(item)) {
    const { security, ...rest } = operation;
    if (open && security && security.length > 0) {
      problems.push(`${method.toUpperCase()} ${path} of ${service} needs a token, but the gateway has the path open`);
    }
    const tagged: ApiOperation = { ...rest, tags: operation.tags?.length ? operation.tags : [title] };
    described[method] = withCommonAnswers(open ? { ...tagged, security: [] } : tagged, open);
  }
  return described;
}

function addComponents(
  all: Record<string, Record<string, unknown>>,
  own: Record<string, Record<string, unknown>>,
  service: string,
  problems: string[],
): void {
  for (const [kind, named] of Object.entries(own)) {
    const target = (all[kind] ??= {});
    for (const [name, component] of Object.entries(named)) {
      if (name in (COMMON_COMPONENTS[kind] ?? {})) continue;
      if (name in target && JSON.stringify(target[name]) !== JSON.stringify(component)) {
        problems.push(`components/${kind}/${name} of ${service} differs from another service's`);
      }
      target[name] = component;
    }
  }
}

/** Puts the prefix before every component's name and into every reference to it; security schemes are shared. */
function renameComponents(document: ApiDocument, prefix: string): ApiDocument {
  const nameOf = (kind: string, name: string) => (isShared(kind, name) ? name : prefix + name);
  const rename = (reference: string) =>
    reference.replace(
      /^#\/components\/([^/]+)\/([^/]+)/,
      (_, kind: string, name: string) => `#/components/${kind}/${nameOf(kind, name)}`,
    );
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('#/components/') ? rename(value) : value;
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  const renamed = walk(document) as ApiDocument;
  const components = Object.entries(renamed.components ?? {}).map(([kind, named]) => [
    kind,
    Object.fromEntries(Object.entries(named).map(([name, value]) => [nameOf(kind, name), value])),
  ]);
  return { ...renamed, components: Object.fromEntries(components) as Record<string, Record<string, unknown>> };
}

function byKey<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
