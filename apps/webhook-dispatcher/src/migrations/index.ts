import type { MigrationClass } from '@countersign/persistence';
import { CreateWebhookDispatcher1764000000000 } from './1764000000000-create-webhook-dispatcher.js';
import { ClaimWithFewerIndexes1764500000000 } from './1764500000000-claim-with-fewer-indexes.js';

export const migrations: readonly MigrationClass[] = [
  CreateWebhookDispatcher1764000000000,
  ClaimWithFewerIndexes1764500000000,
];
