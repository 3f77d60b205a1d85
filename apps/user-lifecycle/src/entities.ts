import { AttributeCatalogEntity } from './attributes/attribute-catalog.entity.js';
import { AuditEntryEntity } from './audit/audit-entry.entity.js';
import { GroupEntity, GroupMemberEntity } from './groups/group.entity.js';
import { ImportRowEntity } from './imports/import-row.entity.js';
import { OperationEntity, OperationErrorEntity } from './operations/operation.entity.js';
import { TenantCreationEntity, TenantEntity } from './tenants/tenant.entity.js';
import { SecurityQuestionsEntity, UniqueValueEntity, UserEntity, UserSearchValueEntity } from './users/user.entity.js';

/** Every table of this service but the standard ones. */
export const entities = [
  TenantEntity,
  TenantCreationEntity,
  UserEntity,
  UserSearchValueEntity,
  UniqueValueEntity,
  SecurityQuestionsEntity,
  AttributeCatalogEntity,
  GroupEntity,
  GroupMemberEntity,
  AuditEntryEntity,
  OperationEntity,
  OperationErrorEntity,
  ImportRowEntity,
];
