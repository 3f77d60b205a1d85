import { existsSync, readFileSync } from 'node:fs';
import { describeServiceApi, PRODUCT_VERSION, type ServiceDefinition } from '@countersign/platform';
import { SERVICE_NAMES, SERVICES } from '../routing/services.js';
import type { ApiDocument } from './api-document.js';
import { mergeDocuments, type ServiceDocument } from './merge-documents.js';

/** The committed result of the merge; the same place from `src` and from `dist`. */
export const MERGED_DOCUMENT = new URL('../../openapi.json', import.meta.url);

const INFO: ApiDocument['info'] = {
  title: 'Countersign API',
  version: PRODUCT_VERSION,
  description:
    'Users, groups and their lifecycle for every tenant, and webhooks that are asked and told about all of it.',
};

/** In which order a newcomer meets the parts of the API. */
const TAG_ORDER = ['Login', 'My Workspace', 'Users', 'Groups', 'Webhook endpoints', 'Deliveries', 'Audit', 'API keys'];

export function readDocument(file: URL | string): ApiDocument {
  return JSON.parse(readFileSync(file, 'utf8')) as ApiDocument;
}

/** The merge of the gateway's own pages and the documents that are committed beside the services. @throws MergeError */
export async function mergeCommittedDocuments(gateway: ServiceDefinition): Promise<ApiDocument> {
  const gatewayDocument = (await describeServiceApi(gateway)) as unknown as ApiDocument;
  const services = SERVICE_NAMES.map((service): ServiceDocument => {
    const file = new URL(`../../../${service}/openapi.json`, import.meta.url);
    if (!existsSync(file)) throw new Error(`${service} has no committed openapi.json`);
    return { service, prefix: SERVICES[service].prefix, title: SERVICES[service].title, document: readDocument(file) };
  });
  const own: ServiceDocument = { service: 'gateway', prefix: 'Gateway', title: 'Platform', document: gatewayDocument };
  return mergeDocuments(INFO, [...services, own], TAG_ORDER);
}

export function serializeDocument(document: ApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
