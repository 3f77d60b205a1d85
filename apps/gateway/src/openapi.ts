import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { MERGED_DOCUMENT, mergeCommittedDocuments, serializeDocument } from './openapi/load-documents.js';
import { service } from './service.js';

await writeFile(MERGED_DOCUMENT, serializeDocument(await mergeCommittedDocuments(service)));
