import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What auth-mfa knows of a user, by its events; roles and status of every token come from here. */
@Entity({ name: 'known_user' })
export class KnownUserEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'known_user_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'known_user_pkey' })
  userId!: string;

  @Column({ type: 'text' })
  login!: string;

  @Column({ name: 'first_name', type: 'text' })
  firstName!: string;

  @Column({ name: 'last_name', type: 'text' })
  lastName!: string;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true })
  mobile!: string | null;

  @Column({ type: 'text', array: true })
  roles!: string[];

  @Column({ type: 'text' })
  status!: string;

  @Column({ type: 'int' })
  version!: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
