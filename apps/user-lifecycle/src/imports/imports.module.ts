import { Module } from '@nestjs/common';
import { AttributesModule } from '../attributes/attributes.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { UsersModule } from '../users/users.module.js';
import { ImportController } from './import.controller.js';
import { ImportRowRepository } from './import-row.repository.js';
import { ImportRows } from './import-rows.js';
import { ImportUser } from './import-user.js';
import { RunImport } from './run-import.js';
import { RunImportRow } from './run-import-row.js';
import { StartImport } from './start-import.js';

@Module({
  imports: [AttributesModule, OperationsModule, UsersModule],
  controllers: [ImportController],
  providers: [ImportRowRepository, ImportRows, ImportUser, RunImport, RunImportRow, StartImport],
})
export class ImportsModule {}
