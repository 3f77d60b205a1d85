import { defineService } from '@countersign/platform';
import { AppModule } from './app.module.js';
import { openDoor } from './edge/open-door.js';

export const service = defineService({ name: 'gateway', title: 'Gateway', module: AppModule, prepare: openDoor });
