import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';
import { ListAudit } from './list-audit.js';
import { StoreAuditConsumer } from './store-audit-on-audit-recorded.consumer.js';

@Module({ controllers: [AuditController, StoreAuditConsumer], providers: [AuditRepository, ListAudit] })
export class AuditModule {}
