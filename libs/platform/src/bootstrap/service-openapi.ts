import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createHttpAdapter } from '../http/http-application.js';
import { createOpenApiDocument } from '../http/openapi.js';
import { PlatformModule } from './platform.module.js';
import { rootModule } from './root-module.js';
import { PRODUCT_VERSION, type ServiceDefinition } from './define-service.js';

/** The OpenAPI document that the service's code makes; nothing is connected to for it (Nest's preview mode). */
export async function describeServiceApi(service: ServiceDefinition): Promise<OpenAPIObject> {
  const platform = PlatformModule.register(service.database !== undefined, () => {
    throw new Error('Nothing is constructed in preview mode');
  });
  const root = rootModule(service.module, platform);
  const app = await NestFactory.create(root, createHttpAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  try {
    return createOpenApiDocument(app, service.title, PRODUCT_VERSION);
  } finally {
    await app.close();
  }
}

/** Writes the document that is committed beside the service; a spec compares it with describeServiceApi(). */
export async function writeOpenApi(service: ServiceDefinition, file: URL): Promise<void> {
  await writeFile(file, `${JSON.stringify(await describeServiceApi(service), null, 2)}\n`);
}

/** The committed document, for the comparison. */
export async function readOpenApi(file: URL): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
