import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { UserLifecycleConfig } from '../config.js';
import { searchKey } from '../filtering/search-key.js';
import type { OperationRun } from '../operations/operation-run.js';
import { OperationWorks, type OperationWork } from '../operations/operation-work.js';
import { OperationRepository } from '../operations/operation.repository.js';
import { IMPORT_KIND, importParamsSchema } from './import.schema.js';
import { ImportRowRepository } from './import-row.repository.js';
import { ImportRows } from './import-rows.js';
import { Lanes } from './lanes.js';
import { Patience } from './patience.js';
import type { RowContent } from './received-row.js';
import { RunImportRow } from './run-import-row.js';

const BATCH = 100;

/** Goes through the rows of an import in the order of the file, a few at a time, those of one login one after the other. */
@Injectable()
export class RunImport implements OperationWork, OnModuleInit {
  readonly kind = IMPORT_KIND;
  readonly roles = ['ORG_ADMIN', 'HELPDESK'] as const;

  constructor(
    @Inject(CONFIG) private readonly config: UserLifecycleConfig,
    private readonly uow: UnitOfWork,
    private readonly works: OperationWorks,
    private readonly operations: OperationRepository,
    private readonly repository: ImportRowRepository,
    private readonly rows: ImportRows,
    private readonly runRow: RunImportRow,
  ) {}

  onModuleInit(): void {
    this.works.add(this);
  }

  async run(run: OperationRun): Promise<undefined> {
    const { operation, signal } = run;
    const params = importParamsSchema.parse(operation.params);
    await this.resume(run);
    const lanes = new Lanes(this.config.IMPORT_CONCURRENCY);
    const patience = new Patience(this.config.IMPORT_RETRY_SECONDS * 1_000);
    let line = 0;
    try {
      while (!signal.aborted) {
        const batch = await this.uow.run(operation.tenantId, tx =>
          this.repository.after(tx, operation.id, line, BATCH),
        );
        if (batch.length === 0) break;
        for (const row of batch) {
          if (signal.aborted) break;
          const content = this.rows.open(operation, row);
          await lanes.start(keyOf(content, row.line), () =>
            this.runRow.execute({ run, params, row, content, patience }),
          );
        }
        line = batch.at(-1)!.line;
      }
    } finally {
      await lanes.idle();
    }
  }

  clear(tenantId: TenantId, operationId: string): Promise<void> {
    return this.rows.clear(tenantId, operationId);
  }

  /** The rows that are left and the lines with errors tell exactly what is done. */
  private async resume(run: OperationRun): Promise<void> {
    const { tenantId, id, total } = run.operation;
    const [left, { lines }] = await this.uow.run(tenantId, async tx => [
      await this.repository.count(tx, id),
      await this.operations.countErrors(tx, id),
    ]);
    run.resumeAt({ done: total! - left, failed: lines });
  }
}

/** Rows of one login keep their order. */
function keyOf(content: RowContent, line: number): string {
  const login = 'body' in content ? (content.body as { login?: unknown } | null)?.login : undefined;
  return typeof login === 'string' ? `login ${searchKey(login)}` : `line ${line}`;
}
