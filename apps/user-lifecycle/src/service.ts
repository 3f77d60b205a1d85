import { defineService } from '@countersign/platform';
import { AppModule } from './app.module.js';
import { entities } from './entities.js';
import { acceptFiles } from './imports/accept-files.js';
import { migrations } from './migrations/index.js';

/** user-lifecycle as one value, for the start, the migration, the API's description and the tests. */
export const service = defineService({
  name: 'user-lifecycle',
  title: 'Users, groups and tenants',
  module: AppModule,
  entities,
  migrations,
  prepare: acceptFiles,
});
