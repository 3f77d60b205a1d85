import { operationsOf, type ApiDocument } from './api-document.js';

/**
 * What must hold of an OpenAPI 3.1 document that clients are generated from, beyond its form: unique operationIds, a
 * description of every answer, every path parameter declared, every reference leading somewhere.
 * @returns the faults, in words
 */
export function checkDocument(document: ApiDocument): string[] {
  const faults: string[] = [];
  if (!/^3\.1\.\d+$/.test(document.openapi)) faults.push(`openapi is ${document.openapi}, not 3.1`);
  const operationIds = new Map<string, string>();
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith('/')) faults.push(`${path} does not begin with a slash`);
    for (const [method, operation] of operationsOf(item)) {
      const where = `${method.toUpperCase()} ${path}`;
      const { operationId, responses, parameters = [] } = operation;
      if (!operationId) faults.push(`${where} has no operationId`);
      else if (operationIds.has(operationId)) {
        faults.push(`${where} has the operationId ${operationId} of ${operationIds.get(operationId)}`);
      } else operationIds.set(operationId, where);
      if (!responses || Object.keys(responses).length === 0) faults.push(`${where} describes no answer`);
      for (const [, name] of path.matchAll(/\{([^}]+)\}/g)) {
        if (!parameters.some(parameter => parameter.in === 'path' && parameter.name === name)) {
          faults.push(`${where} does not declare its parameter ${name}`);
        }
      }
    }
  }
  for (const reference of references(document)) {
    if (!reference.startsWith('#/') || resolve(document, reference) === undefined)
      faults.push(`${reference} leads nowhere`);
  }
  return faults;
}

function references(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) references(item, found);
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      // A property that happens to be called $ref is a schema, not a reference.
      if (key === '$ref' && typeof inner === 'string') found.add(inner);
      else if (key !== 'example' && key !== 'examples' && key !== 'default' && key !== 'const')
        references(inner, found);
    }
  }
  return found;
}

/** What a JSON pointer (RFC 6901, as a URI fragment) leads to in the document. */
export function resolve(document: unknown, reference: string): unknown {
  let at = document;
  for (const token of reference.slice(2).split('/')) {
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
