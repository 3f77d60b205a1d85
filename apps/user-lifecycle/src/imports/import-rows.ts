import { newId, type TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { EnvelopeEncryption } from '@countersign/platform';
import { Injectable } from '@nestjs/common';
import type { Operation } from '../operations/operation.js';
import { ImportRowRepository, type ImportRow } from './import-row.repository.js';
import type { ReceivedRow, RowContent } from './received-row.js';

const BATCH_ROWS = 500;
const BATCH_CHARACTERS = 1024 * 1024;
const CLEAR_ROWS = 5_000;

/** Keeps the rows of a file, sealed, until each has had its turn. */
@Injectable()
export class ImportRows {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly rows: ImportRowRepository,
    private readonly encryption: EnvelopeEncryption,
  ) {}

  /** Keeps rows as they come, a batch at a time; the next is not read before the last is kept. @returns how many there are */
  async keep({ tenantId, id }: Operation, rows: AsyncIterable<ReceivedRow>): Promise<number> {
    let total = 0;
    let characters = 0;
    let batch: ImportRow[] = [];
    const flush = async () => {
      const full = batch;
      [batch, characters] = [[], 0];
      if (full.length > 0) await this.uow.run(tenantId, tx => this.rows.addAll(tx, id, full));
    };
    for await (const { line, content } of rows) {
      const text = JSON.stringify(content);
      batch.push({ line, userId: newId('usr'), sealed: this.encryption.seal(context(tenantId, id, line), text) });
      total += 1;
      characters += text.length;
      if (batch.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush();
    }
    await flush();
    return total;
  }

  open({ tenantId, id }: Operation, row: ImportRow): RowContent {
    return JSON.parse(this.encryption.openText(context(tenantId, id, row.line), row.sealed)) as RowContent;
  }

  /** Deletes all rows that are left. */
  async clear(tenantId: TenantId, operationId: string): Promise<void> {
    let cleared: number;
    do cleared = await this.uow.run(tenantId, tx => this.rows.clear(tx, operationId, CLEAR_ROWS));
    while (cleared === CLEAR_ROWS);
  }
}

function context(tenantId: TenantId, operationId: string, line: number) {
  return { tenantId, purpose: 'import-row', id: `${operationId}/${line}` };
}
