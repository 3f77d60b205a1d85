import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Tokens of `subject` issued before `issued_before` (seconds since the epoch) are void. `xid` is the transaction that wrote it: the stream's cursor. */
@Entity({ name: 'revocation' })
@Index('revocation__xid', ['xid'])
@Index('revocation__subject', ['tenantId', 'kind', 'subject'])
@Index('revocation__expires_at', ['expiresAt'])
export class RevocationEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'revocation_pkey' })
  tenantId!: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'revocation_pkey' })
  id!: string;

  @Column({ type: 'bigint' })
  xid!: string;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'text' })
  subject!: string;

  @Column({ name: 'issued_before', type: 'bigint' })
  issuedBefore!: string;

  @Column({ type: 'text' })
  code!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;
}
