import type { TenantId } from '@countersign/kernel';
import { UnitOfWork } from '@countersign/persistence';
import { Injectable } from '@nestjs/common';
import { OperationQueueRepository } from './operation-queue.repository.js';
import { OperationWorks } from './operation-work.js';
import { OperationRepository } from './operation.repository.js';

const BATCH = 20;

/** Removes operations that never came to be: what they were to work on broke off, or the process that received it died. */
@Injectable()
export class ClearAbandoned {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queue: OperationQueueRepository,
    private readonly operations: OperationRepository,
    private readonly works: OperationWorks,
  ) {}

  async execute(): Promise<void> {
    const abandoned = await this.uow.system('abandoned operations', tx => this.queue.abandoned(tx, BATCH));
    for (const { tenantId, id, kind } of abandoned) await this.clear(tenantId, id, kind);
  }

  /** Removes one whose body this process has given up; not if it was submitted and only the answer of the commit was lost. */
  async clear(tenantId: TenantId, id: string, kind: string): Promise<void> {
    if (!(await this.uow.run(tenantId, tx => this.operations.isReceiving(tx, id)))) return;
    await this.works.of(kind).clear(tenantId, id);
    await this.uow.run(tenantId, tx => this.operations.remove(tx, id));
  }
}
