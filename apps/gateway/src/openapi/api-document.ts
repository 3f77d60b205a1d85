/** The parts of an OpenAPI 3.1 document that are read or written here; everything else passes through as it is. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  servers?: { url: string }[];
  tags?: { name: string; description?: string }[];
  security?: Record<string, string[]>[];
  paths: Record<string, PathItem>;
  components?: Record<string, Record<string, unknown>>;
}

export const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
export type Method = (typeof METHODS)[number];

/** The owning service of a path stands beside its operations. */
export const OWNER = 'x-countersign-service';

export type PathItem = Partial<Record<Method, ApiOperation>> & { [OWNER]?: string };

export interface ApiOperation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: ApiParameter[];
  requestBody?: { required?: boolean; description?: string; content?: Record<string, ApiMedia> };
  responses: Record<string, ApiResponse>;
  security?: Record<string, string[]>[];
}

export interface ApiParameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: ApiSchema;
}

export interface ApiMedia {
  schema?: ApiSchema;
  example?: unknown;
}

export interface ApiResponse {
  $ref?: string;
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, ApiMedia>;
}

/** JSON Schema 2020-12. */
export interface ApiSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  title?: string;
  description?: string;
  properties?: Record<string, ApiSchema>;
  required?: string[];
  items?: ApiSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: ApiSchema[];
  oneOf?: ApiSchema[];
  allOf?: ApiSchema[];
  additionalProperties?: boolean | ApiSchema;
  [keyword: string]: unknown;
}

/** The operations of a path, with their methods. */
export function operationsOf(item: PathItem): [Method, ApiOperation][] {
  return METHODS.flatMap(method => {
    const operation = item[method];
    return operation ? [[method, operation] as [Method, ApiOperation]] : [];
  });
}
