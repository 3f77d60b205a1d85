import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A refresh token, by its hash. A used one stays until its session is swept, so that its reuse is noticed. */
@Entity({ name: 'refresh_token' })
@Index('refresh_token__session_id', ['tenantId', 'sessionId'])
export class RefreshTokenEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'refresh_token_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'token_sha256', type: 'bytea', primaryKeyConstraintName: 'refresh_token_pkey' })
  tokenSha256!: Buffer;

  @Column({ name: 'session_id', type: 'text' })
  sessionId!: string;

  @Column({ name: 'issued_at', type: 'timestamptz' })
  issuedAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt!: Date | null;
}
