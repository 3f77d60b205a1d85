import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject, type SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';

/** The service's OpenAPI 3.1 document, from the very schemas that check its input and answers. */
export function createOpenApiDocument(app: INestApplication, title: string, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle(title)
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: toJsonSchema,
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  for (const path of Object.keys(document.paths)) if (path.startsWith('/internal')) delete document.paths[path];
  addProblems(document);
  return document;
}

type Json = Record<string, unknown>;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): { schema: Json; definitions: Record<string, Json> } {
  const {
    $schema: _,
    $defs: definitions,
    ...json
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
  }) as Json;
  return { schema: json, definitions: (definitions ?? {}) as Record<string, Json> };
}

/**
 * A zod schema as JSON Schema; what has an id (`.meta({ id })`) becomes a component. A schema that reads differently as
 * input (defaults are optional there) is the component `<id>Input`, because one name can mean one thing only.
 */
const toJsonSchema: SwaggerDocumentOptions['standardSchemaConverter'] = (schema, { schemaType }) => {
  if (!(schema instanceof z.ZodType)) return undefined;
  const own = jsonSchema(schema, schemaType);
  if (schemaType === 'output') return { schema: own.schema, components: own.definitions };
  const asOutput = jsonSchema(schema, 'output').definitions;
  const differing = Object.keys(own.definitions).filter(
    id => JSON.stringify(own.definitions[id]) !== JSON.stringify(asOutput[id]),
  );
  let text = JSON.stringify({ schema: own.schema, definitions: own.definitions });
  for (const id of differing) text = text.replaceAll(`"#/$defs/${id}"`, `"#/$defs/${id}Input"`);
  const renamed = JSON.parse(text) as typeof own;
  const components = Object.entries(renamed.definitions).map(([id, definition]) => [
    differing.includes(id) ? `${id}Input` : id,
    definition,
  ]);
  return { schema: renamed.schema, components: Object.fromEntries(components) as Record<string, Json> };
};

/** RFC 9457: the answer of every operation to whatever it refuses. */
function addProblems(document: OpenAPIObject): void {
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
    responses: {
      Problem: {
        description: 'The request was refused; `code` is stable, `errors` names each refused field.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, { responses?: Json }>)) {
      if (operation.responses) operation.responses['default'] = { $ref: '#/components/responses/Problem' };
    }
  }
}

const text = { type: 'string' } as const;
const PROBLEM_SCHEMA = {
  type: 'object',
  properties: {
    type: { ...text, format: 'uri' },
    title: text,
    status: { type: 'integer' },
    code: text,
    detail: text,
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: text, code: text, message: text },
        required: ['pointer', 'code', 'message'],
      },
    },
    traceId: text,
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'traceId'],
} satisfies NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
