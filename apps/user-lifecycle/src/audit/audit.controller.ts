import { CurrentPrincipal, Roles, type Page, type Principal } from '@countersign/platform';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Answers } from '../answers.js';
import { auditListQuerySchema, auditPageSchema, type AuditEntry } from './audit.schema.js';
import { ListAudit } from './list-audit.js';

@ApiTags('Audit')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly listAudit: ListAudit) {}

  @Get()
  @ApiOperation({ summary: 'Read and search the audit log' })
  @Roles('ORG_ADMIN', 'AUDITOR')
  @Answers(200, "A page of the tenant's audit log", auditPageSchema)
  list(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query({ schema: auditListQuerySchema }) query: z.output<typeof auditListQuerySchema>,
  ): Promise<Page<AuditEntry>> {
    return this.listAudit.execute({ tenantId, ...query });
  }
}
