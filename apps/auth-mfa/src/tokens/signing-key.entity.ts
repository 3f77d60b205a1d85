import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key of the platform: pairs that sign access tokens, and the one that hides logins and networks in login_back_off. */
@Entity({ name: 'signing_key' })
export class SigningKeyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'signing_key_pkey' })
  kid!: string;

  @Column({ type: 'text' })
  purpose!: string;

  @Column({ name: 'public_jwk', type: 'jsonb', nullable: true })
  publicJwk!: Record<string, unknown> | null;

  @Column({ name: 'secret_sealed', type: 'bytea' })
  secretSealed!: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'active_from', type: 'timestamptz' })
  activeFrom!: Date;
}
