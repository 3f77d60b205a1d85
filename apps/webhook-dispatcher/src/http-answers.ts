import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiConsumes, ApiHeader, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** Status, description and schema of a route's answer, for the client and for the OpenAPI document alike. */
export function Answers(status: number, description: string, schema?: z.ZodType): MethodDecorator {
  if (!schema) return applyDecorators(HttpCode(status), ApiResponse({ status, description }));
  return applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description, standardSchema: schema }),
    // Nest serializes the members of a list one by one.
    SerializeOptions({ schema: schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema }),
  );
}

/** The route honours If-Match, which is never required. */
export function Conditional(): MethodDecorator {
  const description = 'entity tag of the version that the change is meant for; another one is 412 stale_version';
  return ApiHeader({ name: 'If-Match', description, required: false, schema: { type: 'string' } });
}

/** The body is a JSON merge patch (RFC 7396): what is absent stays, null clears. */
export function MergePatch(): MethodDecorator {
  return applyDecorators(ApiConsumes('application/merge-patch+json', 'application/json'), Conditional());
}
