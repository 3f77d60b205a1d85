import { DomainError, type FieldError } from '@countersign/kernel';
import { isDatabaseUnavailable, UnitOfWork, type TenantTransaction } from '@countersign/persistence';
import { Injectable, Logger } from '@nestjs/common';
import type { OperationRun } from '../operations/operation-run.js';
import { OperationRepository } from '../operations/operation.repository.js';
import type { ImportParams } from './import.schema.js';
import { ImportRowRepository, type ImportRow } from './import-row.repository.js';
import { ImportUser } from './import-user.js';
import type { Patience } from './patience.js';
import type { RowContent } from './received-row.js';

/** What is kept of a row that fails: so many errors, each in so many characters. */
const MAX_ERRORS = 20;
const MAX_TEXT = 500;

export interface ImportRowCommand {
  run: OperationRun;
  params: ImportParams;
  row: ImportRow;
  content: RowContent;
  patience: Patience;
}

/** Another process has done the row, or does it now and is further. */
class RowIsGone extends Error {}

/**
 * Brings one row to its end. The row goes in the transaction of its effect, or in the one that keeps its errors, so it is
 * neither lost nor done twice, whatever dies in between.
 */
@Injectable()
export class RunImportRow {
  private readonly logger = new Logger(RunImportRow.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly rows: ImportRowRepository,
    private readonly operations: OperationRepository,
    private readonly importUser: ImportUser,
  ) {}

  /** @throws Error when the database is away: the import goes on with the row when it is back */
  async execute(command: ImportRowCommand): Promise<void> {
    const { run, content, row } = command;
    if (run.signal.aborted) return;
    try {
      if ('errors' in content) await this.fail(command, content.errors);
      else await this.apply(command, content.body);
    } catch (error) {
      // The import stops while the row waits for its next try.
      if (run.signal.aborted && isAbort(error)) return;
      if (error instanceof RowIsGone) return;
      if (isDatabaseUnavailable(error)) throw error;
      if (!(error instanceof DomainError)) this.logger.error(error, `line ${row.line} of ${run.operation.id}`);
      await this.fail(command, errorsOf(error));
    }
  }

  private async apply({ run, params, row, patience }: ImportRowCommand, body: unknown): Promise<void> {
    const { tenantId, id } = run.operation;
    const { line, userId } = row;
    let marked = false;
    const mark = async (tx: TenantTransaction) => {
      if (!(await this.rows.remove(tx, id, line))) throw new RowIsGone();
      tx.afterCommit(() => (marked = true));
    };
    try {
      await patience.run(() => this.importUser.execute({ run, params, userId, body, alongside: mark }), run.signal);
    } catch (error) {
      // A refusal of a hook's; one of our own says nothing about who is away.
      if (error instanceof DomainError && error.kind === 'invalid' && error.extra?.['hook']) patience.reached();
      throw error;
    }
    if (marked || params.dryRun) patience.reached();
    // Nothing was to be changed, or nothing may be.
    if (!marked) await this.uow.run(tenantId, mark);
    run.count('succeeded');
  }

  private async fail({ run, row }: ImportRowCommand, errors: readonly FieldError[]): Promise<void> {
    const { tenantId, id } = run.operation;
    const kept = errors.slice(0, MAX_ERRORS).map(({ pointer, code, message }) => ({
      line: row.line,
      code,
      pointer: pointer.slice(0, MAX_TEXT),
      message: message.slice(0, MAX_TEXT),
    }));
    const isOurs = await this.uow.run(tenantId, async tx => {
      const removed = await this.rows.remove(tx, id, row.line);
      if (removed) await this.operations.addErrors(tx, id, kept);
      return removed;
    });
    if (isOurs) run.count('failed');
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** What a request for the row alone would have been answered with, as the row's errors. */
function errorsOf(error: unknown): FieldError[] {
  if (!(error instanceof DomainError)) {
    return [{ pointer: '', code: 'internal_error', message: 'Something went wrong here; it was logged' }];
  }
  if (error.errors && error.errors.length > 0) return error.errors;
  return [{ pointer: '', code: error.code, message: error.message }];
}
