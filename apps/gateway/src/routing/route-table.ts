import { operationsOf, OWNER, type ApiDocument, type ApiOperation } from '../openapi/api-document.js';
import { SERVICE_NAMES, type ServiceName } from './services.js';

/** Everything that the gateway must know of one operation to pass it on. */
export interface Route {
  service: ServiceName | 'gateway';
  /** The path with its parameters as `{name}`: the name of the route in metrics. */
  template: string;
  method: string;
  /** Open without an access token. */
  public: boolean;
  /** Media types of the body, in lower case. */
  mediaTypes: readonly string[];
  /** Those of them that are files, read line by line: larger bodies, and no deadline. */
  bulkTypes: readonly string[];
}

export type Match =
  { kind: 'found'; route: Route } | { kind: 'method'; template: string; allow: readonly string[] } | { kind: 'none' };

interface Node {
  literals: Map<string, Node>;
  parameter?: Node;
  template?: string;
  routes?: Map<string, Route>;
}

const BULK = ['text/csv', 'application/x-ndjson'];
const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/**
 * Which service owns which path: the merged OpenAPI document is the routing table, so a path that is not documented is not
 * reachable. Literal segments go before parameters.
 */
export class RouteTable {
  private readonly root: Node = { literals: new Map() };

  /** @throws Error when a path of the document has no owner that the gateway knows */
  static fromDocument(document: ApiDocument): RouteTable {
    const table = new RouteTable();
    for (const [template, item] of Object.entries(document.paths)) {
      const service = serviceOf(item[OWNER], template);
      for (const [method, operation] of operationsOf(item)) {
        table.add({
          service,
          template,
          method: method.toUpperCase(),
          ...bodyOf(operation),
          public: operation.security?.length === 0,
        });
      }
    }
    return table;
  }

  add(route: Route): void {
    let node = this.root;
    for (const segment of route.template.slice(1).split('/')) {
      if (/^\{[^}]+\}$/.test(segment)) node = node.parameter ??= { literals: new Map() };
      else {
        let next = node.literals.get(segment);
        if (!next) node.literals.set(segment, (next = { literals: new Map() }));
        node = next;
      }
    }
    node.template = route.template;
    (node.routes ??= new Map()).set(route.method, route);
  }

  /** HEAD is answered where GET is. */
  find(method: string, segments: readonly string[]): Match {
    const node = descend(this.root, segments, 0);
    if (!node?.routes) return { kind: 'none' };
    const route = node.routes.get(method === 'HEAD' ? 'GET' : method);
    if (route) return { kind: 'found', route };
    const allow = [...node.routes.keys()].flatMap(name => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
    return { kind: 'method', template: node.template!, allow: [...allow, 'OPTIONS'].sort() };
  }
}

function descend(node: Node, segments: readonly string[], at: number): Node | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.routes ? node : undefined;
  const literal = node.literals.get(segment);
  const found = literal && descend(literal, segments, at + 1);
  if (found) return found;
  return node.parameter && segment !== '' ? descend(node.parameter, segments, at + 1) : undefined;
}

function serviceOf(owner: string | undefined, template: string): Route['service'] {
  const service = [...SERVICE_NAMES, 'gateway' as const].find(name => name === owner);
  if (!service) throw new Error(`${template} belongs to ${owner ?? 'no service'}, which the gateway does not know`);
  return service;
}

function bodyOf(operation: ApiOperation): Pick<Route, 'mediaTypes' | 'bulkTypes'> {
  const declared = Object.keys(operation.requestBody?.content ?? {}).map(type => type.toLowerCase());
  // JSON is the language of the API: the services take a merge patch under either name, and an empty object where no body is needed.
  const json = declared.length === 0 || declared.some(type => JSON_TYPES.includes(type));
  const mediaTypes = [...new Set([...(json ? JSON_TYPES : []), ...declared])];
  return { mediaTypes, bulkTypes: declared.filter(type => BULK.includes(type)) };
}
