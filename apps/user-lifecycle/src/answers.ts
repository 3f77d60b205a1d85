import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
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
