import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A user; the `_key` columns hold the forms that are compared (see searchKey). A deleted one stays and is hidden. */
@Entity({ name: 'users' })
@Check('users_status', `status in ('active', 'staged', 'disabled', 'deleted')`)
@Check('users_deleted', `deleted = (status = 'deleted')`)
@Index('users__login_key', ['tenantId', 'deleted', 'loginKey', 'id'])
@Index('users__name', ['tenantId', 'deleted', 'lastNameKey', 'firstNameKey', 'id'])
@Index('users__first_name', ['tenantId', 'firstNameKey', 'id'])
@Index('users__email_key', ['tenantId', 'emailKey', 'id'])
@Index('users__mobile', ['tenantId', 'mobile', 'id'])
@Index('users__user_type', ['tenantId', 'userType', 'id'])
@Index('users__country', ['tenantId', 'country', 'id'])
@Index('users__manager_id', ['tenantId', 'managerId', 'id'])
@Index('users__status', ['tenantId', 'status', 'id'])
@Index('users__created_at', ['tenantId', 'deleted', 'createdAt', 'id'])
@Index('users__updated_at', ['tenantId', 'deleted', 'updatedAt', 'id'])
export class UserEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'users_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'users_pkey' })
  id!: string;

  @Column({ type: 'text' })
  login!: string;

  @Column({ name: 'login_key', type: 'text', collation: 'C' })
  loginKey!: string;

  @Column({ name: 'first_name', type: 'text' })
  firstName!: string;

  @Column({ name: 'first_name_key', type: 'text', collation: 'C' })
  firstNameKey!: string;

  @Column({ name: 'last_name', type: 'text' })
  lastName!: string;

  @Column({ name: 'last_name_key', type: 'text', collation: 'C' })
  lastNameKey!: string;

  @Column({ name: 'user_type', type: 'text', nullable: true })
  userType!: string | null;

  @Column({ type: 'text', nullable: true })
  country!: string | null;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ name: 'email_key', type: 'text', collation: 'C', nullable: true })
  emailKey!: string | null;

  @Column({ type: 'text', nullable: true })
  mobile!: string | null;

  @Column({ name: 'manager_id', type: 'text', collation: 'C', nullable: true })
  managerId!: string | null;

  @Column({ type: 'jsonb' })
  attributes!: Record<string, string | number | boolean>;

  @Column({ type: 'text', array: true })
  roles!: string[];

  @Column({ type: 'text' })
  status!: string;

  /** Whether the status is `deleted`: the first column of the sorts' indexes, so that lists never walk over deleted users. */
  @Column({ type: 'boolean', default: false })
  deleted!: boolean;

  @Column({ name: 'provisioned_apps', type: 'jsonb' })
  provisionedApps!: Record<string, { uid: string; status: string }>;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ type: 'int' })
  version!: number;
}

/** The inverted index of what has no column of its own: roles and the tenant's typed attributes. */
@Entity({ name: 'user_search_values' })
@Index('user_search_values__user_id', ['tenantId', 'userId'])
export class UserSearchValueEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'user_search_values_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'user_search_values_pkey' })
  name!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'user_search_values_pkey' })
  value!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'user_search_values_pkey' })
  userId!: string;
}

/**
 * A value that one user of the tenant holds alone (its login, a unique attribute), or has reserved while its creation or
 * update asks the tenant. The primary key is what makes logins unique.
 */
@Entity({ name: 'unique_values' })
@Check('unique_values_lease', '(reservation is null) = (lease_until is null)')
@Index('unique_values__user_id', ['tenantId', 'userId'])
@Index('unique_values__reservation', { synchronize: false })
@Index('unique_values__lease_until', { synchronize: false })
export class UniqueValueEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'unique_values_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'unique_values_pkey' })
  name!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'unique_values_pkey' })
  value!: string;

  @Column({ name: 'user_id', type: 'text', collation: 'C' })
  userId!: string;

  @Column({ type: 'uuid', nullable: true })
  reservation!: string | null;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;
}

/** A user's security questions with hashed answers, sealed as a whole. */
@Entity({ name: 'security_questions' })
export class SecurityQuestionsEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'security_questions_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'security_questions_pkey' })
  userId!: string;

  @Column({ type: 'bytea' })
  sealed!: Buffer;
}
