import { defineService } from '@countersign/platform';
import { AppModule } from './app.module.js';
import { entities } from './entities.js';
import { migrations } from './migrations/index.js';

export const service = defineService({
  name: 'auth-mfa',
  title: 'Authentication',
  module: AppModule,
  entities,
  migrations,
});
