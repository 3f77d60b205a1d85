import { writeOpenApi } from '@countersign/platform';
import { service } from './service.js';

await writeOpenApi(service, new URL('../openapi.json', import.meta.url));
