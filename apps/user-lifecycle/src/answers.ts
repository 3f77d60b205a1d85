import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiConsumes, ApiHeader, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

/** The successful answer of a route: its status, its schema (which also decides what leaves the service) and what it means. */
export function Answers(status: number, description: string, schema?: z.ZodType): MethodDecorator {
  if (!schema) return applyDecorators(HttpCode(status), ApiResponse({ status, description }));
  return applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description, standardSchema: schema }),
    SerializeOptions({ schema }),
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

/** What `?dryRun=true` answers where that is another status than the real thing. */
export function DryRunAnswers(schema: z.ZodType): MethodDecorator {
  return ApiResponse({ status: 200, description: 'On a dry run: what would be', standardSchema: schema });
}
