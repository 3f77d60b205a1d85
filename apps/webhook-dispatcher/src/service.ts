import { defineService } from '@countersign/platform';
import { AppModule } from './app.module.js';
import { entities } from './entities.js';
import { migrations } from './migrations/index.js';

/** webhook-dispatcher as one value, for the start, the migration, the API's description and the tests. */
export const service = defineService({
  name: 'webhook-dispatcher',
  title: 'Webhooks',
  module: AppModule,
  entities,
  migrations,
});
