import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of an import that is still to be done; it goes in the transaction in which it is done. */
@Entity({ name: 'import_rows' })
export class ImportRowEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'import_rows_pkey' })
  tenantId!: string;

  @PrimaryColumn({ name: 'operation_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'import_rows_pkey' })
  operationId!: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'import_rows_pkey' })
  line!: number;

  /** The id that the user gets if the row creates one: the same at every try. */
  @Column({ name: 'user_id', type: 'text', collation: 'C' })
  userId!: string;

  /** The row as it was sent; it may hold a password and security answers. */
  @Column({ type: 'bytea' })
  sealed!: Buffer;
}
