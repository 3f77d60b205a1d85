import { Module } from '@nestjs/common';
import { TenantStoreModule } from '../tenants/tenant-store.module.js';
import { UsersModule } from '../users/users.module.js';
import { CancelOperation } from './cancel-operation.js';
import { CheckStarter } from './check-starter.js';
import { ClearAbandoned } from './clear-abandoned.js';
import { ExpireOperations } from './expire-operations.js';
import { FindOperation } from './find-operation.js';
import { HoldClaims } from './hold-claims.js';
import { ListOperationErrors } from './list-operation-errors.js';
import { ListOperations } from './list-operations.js';
import { OperationController } from './operation.controller.js';
import { OperationQueueRepository } from './operation-queue.repository.js';
import { OperationRepository } from './operation.repository.js';
import { OperationWorks } from './operation-work.js';
import { ReceiveOperation } from './receive-operation.js';
import { RunOperation } from './run-operation.js';
import { RunOperations } from './run-operations.js';

/** Long work of any kind: how it comes to be, is worked on, shown, cancelled and forgotten. */
@Module({
  imports: [TenantStoreModule, UsersModule],
  controllers: [OperationController],
  providers: [
    CancelOperation, CheckStarter, ClearAbandoned, ExpireOperations, FindOperation, HoldClaims, ListOperationErrors,
    ListOperations, OperationQueueRepository, OperationRepository, OperationWorks, ReceiveOperation, RunOperation,
    RunOperations,
  ], // prettier-ignore
  exports: [OperationRepository, OperationWorks, ReceiveOperation],
})
export class OperationsModule {}
