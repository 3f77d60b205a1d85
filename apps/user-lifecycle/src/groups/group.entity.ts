import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { UserEntity } from '../users/user.entity.js';

/** A group; a deleted one stays, hidden, so that its members can be released in batches. */
@Entity({ name: 'groups' })
@Index('groups__name_key', { synchronize: false })
@Index('groups__created_at', { synchronize: false })
export class GroupEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'groups_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'groups_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ name: 'name_key', type: 'text', collation: 'C' })
  nameKey!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null;

  @Column({ type: 'int' })
  version!: number;
}

/** That a user belongs to a group: the only place where it is kept. */
@Entity({ name: 'group_members' })
@Index('group_members__user_id', ['tenantId', 'userId', 'groupId'])
export class GroupMemberEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'group_members_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'group_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'group_members_pkey' })
  groupId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'group_members_pkey' })
  userId!: string;

  @ManyToOne(() => GroupEntity)
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId', foreignKeyConstraintName: 'group_members_group' },
    { name: 'group_id', referencedColumnName: 'id', foreignKeyConstraintName: 'group_members_group' },
  ])
  group?: GroupEntity;

  @ManyToOne(() => UserEntity)
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId', foreignKeyConstraintName: 'group_members_user' },
    { name: 'user_id', referencedColumnName: 'id', foreignKeyConstraintName: 'group_members_user' },
  ])
  user?: UserEntity;
}
