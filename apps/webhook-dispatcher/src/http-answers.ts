import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** Status, description and schema of a route's answer, for the client and for the OpenAPI document alike. */
export function Answers(status: number, description: string, schema?: z.ZodType) {
  if (!schema) return applyDecorators(HttpCode(status), ApiResponse({ status, description }));
  return applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description, standardSchema: schema }),
    // Nest serializes the members of a list one by one.
    SerializeOptions({ schema: schema instanceof z.ZodArray ? (schema.element as z.ZodType) : schema }),
  );
}
