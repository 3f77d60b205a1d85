import { Readable } from 'node:stream';
import { DomainError } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { EnvelopeEncryption, malformed, type Principal } from '@countersign/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AttributeCatalogRepository } from '../attributes/attribute-catalog.repository.js';
import { principalName, type Operation } from '../operations/operation.js';
import { ReceiveOperation, type IdempotentRequest, type Submitted } from '../operations/receive-operation.js';
import { MEDIA_TYPES } from './accept-files.js';
import { bodyOfCells, checkHeadings } from './csv-columns.js';
import {
  IMPORT_FORMATS,
  IMPORT_KIND,
  type ImportFormat,
  type ImportParams,
  type ImportQuery,
} from './import.schema.js';
import { ImportRows } from './import-rows.js';
import { malformedFile } from './malformed-file.js';
import { paced } from './paced.js';
import { readCsv } from './read-csv.js';
import { readNdjson } from './read-ndjson.js';
import { ReceivedBytes } from './receive-bytes.js';
import { decodeUtf8 } from './utf8.js';

export interface StartImportCommand {
  principal: Principal;
  contentType: string | undefined;
  /** Absent when the request has no body. */
  body: Readable | undefined;
  query: ImportQuery;
  idempotencyKey?: string;
}

/**
 * Takes a file of users: reads it as it comes, keeps each row sealed, and has the import begin when all of it is there. A file
 * that is malformed or breaks off leaves nothing behind. Of the whole file only a batch of rows is ever in memory.
 */
@Injectable()
export class StartImport {
  private readonly logger = new Logger(StartImport.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly catalogs: AttributeCatalogRepository,
    private readonly encryption: EnvelopeEncryption,
    private readonly operations: ReceiveOperation,
    private readonly rows: ImportRows,
  ) {}

  /**
   * @throws DomainError 400 `malformed_file` (with `line`), 415 for another media type or charset, 422
   * `idempotency_key_reused`, 429 `too_many_operations`
   */
  async execute({ principal, contentType, body, query, idempotencyKey }: StartImportCommand): Promise<Submitted> {
    const format = formatOf(contentType);
    const params: ImportParams = { format, ...query };
    const bytes = new ReceivedBytes(body ?? Readable.from([]));
    const operation = await this.operations.begin(principal, IMPORT_KIND, params);
    try {
      const total = await this.rows.keep(operation, await this.read(operation, params, bytes));
      if (total === 0) throw malformedFile('empty_file', 2, 'There are headings, but no rows');
      const request =
        idempotencyKey === undefined ? undefined : this.identify(principal, idempotencyKey, params, bytes);
      return await this.operations.submit(principal, operation, total, request);
    } catch (error) {
      await this.operations.abandon(operation).catch((failure: unknown) => {
        this.logger.warn(`The rows of ${operation.id} stay until this process ends: ${String(failure)}`);
      });
      throw error;
    }
  }

  private async read(operation: Operation, params: ImportParams, bytes: ReceivedBytes) {
    const text = decodeUtf8(paced(bytes));
    if (params.format === 'ndjson') return readNdjson(text);
    const { attributes } = await this.uow.run(operation.tenantId, tx => this.catalogs.read(tx));
    return readCsv(text, headings => {
      const columns = checkHeadings(headings, attributes, params.mode);
      return cells => bodyOfCells(columns, cells, attributes);
    });
  }

  private identify(principal: Principal, key: string, params: ImportParams, bytes: ReceivedBytes): IdempotentRequest {
    const { tenantId } = principal;
    const context = { tenantId, purpose: 'import-request', id: `${principalName(principal)} ${key}` };
    const fingerprints = this.encryption.digests(context, `${JSON.stringify(params)}\n${bytes.digest()}`);
    return { key, fingerprints };
  }
}

function formatOf(contentType = ''): ImportFormat {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map(part => part.trim());
  const format = IMPORT_FORMATS.find(each => MEDIA_TYPES[each] === type);
  const charset = parameters
    .find(parameter => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  if (format && (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'))
    return format;
  const message = format
    ? `The charset ${charset} is not read; send the file as UTF-8`
    : `Send the file as ${Object.values(MEDIA_TYPES).join(' or ')}`;
  throw new DomainError('unsupported_media_type', 'unsupported_media', message, {
    errors: [{ pointer: 'Content-Type', code: 'unsupported', message }],
  });
}

/** @throws DomainError 400 for a key that is too long */
export function checkIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || (key.length >= 1 && key.length <= 255)) return key;
  const message = 'An idempotency key has 1 to 255 characters';
  throw malformed([{ pointer: 'Idempotency-Key', code: 'invalid_key', message }]);
}
