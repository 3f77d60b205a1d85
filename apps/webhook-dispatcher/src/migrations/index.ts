import type { MigrationClass } from '@countersign/persistence';
import { CreateWebhookDispatcher1764000000000 } from './1764000000000-create-webhook-dispatcher.js';

export const migrations: readonly MigrationClass[] = [CreateWebhookDispatcher1764000000000];
