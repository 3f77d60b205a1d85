import { CONFIG, ServiceRuntime } from '@countersign/platform';
import { Module } from '@nestjs/common';
import { ApiKeys } from './authentication/api-keys.js';
import { Authenticate } from './authentication/authenticate.js';
import type { GatewayConfig } from './config.js';
import { DocumentsController } from './documents/documents.controller.js';
import { API_DOCUMENT } from './documents/tokens.js';
import { Door } from './edge/door.js';
import { HttpMetrics } from './edge/http-metrics.js';
import { HealthController } from './health/health.controller.js';
import { ReadReadiness } from './health/read-readiness.js';
import type { ApiDocument } from './openapi/api-document.js';
import { MERGED_DOCUMENT, readDocument } from './openapi/load-documents.js';
import { Forward } from './proxy/forward.js';
import { Upstreams } from './proxy/upstreams.js';
import { InFlight } from './rate-limit/in-flight.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { RouteTable } from './routing/route-table.js';

@Module({
  controllers: [HealthController, DocumentsController],
  providers: [
    {
      provide: API_DOCUMENT,
      inject: [CONFIG],
      useFactory: (config: GatewayConfig) => readDocument(config.OPENAPI_FILE ?? MERGED_DOCUMENT),
    },
    {
      provide: RouteTable,
      inject: [API_DOCUMENT],
      useFactory: (document: ApiDocument) => RouteTable.fromDocument(document),
    },
    {
      provide: ApiKeys,
      inject: [ServiceRuntime],
      useFactory: (runtime: ServiceRuntime) => new ApiKeys(runtime.client('auth-mfa', runtime.config.AUTH_MFA_URL)),
    },
    Authenticate,
    Door,
    Forward,
    HttpMetrics,
    InFlight,
    RateLimiter,
    ReadReadiness,
    Upstreams,
  ],
})
export class AppModule {}
