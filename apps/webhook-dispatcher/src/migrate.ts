import { migrateCommand } from '@countersign/platform';
import { readMigrateConfig } from './config.js';
import { service } from './service.js';

await migrateCommand(service, readMigrateConfig());
