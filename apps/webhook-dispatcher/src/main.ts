import { bootstrapService } from '@countersign/platform';
import { readConfig } from './config.js';
import { service } from './service.js';

await bootstrapService(service, readConfig());
