import { CONFIG } from '@countersign/platform';
import { Module } from '@nestjs/common';
import type { UserLifecycleConfig } from '../config.js';
import { CHAIN_BUDGET_MS, HookChain } from './hook-chain.js';
import { HookClient } from './hook-client.js';
import { InFlightLimit } from './in-flight-limit.js';

@Module({
  providers: [
    HookChain,
    HookClient,
    {
      provide: InFlightLimit,
      inject: [CONFIG],
      useFactory: (config: UserLifecycleConfig) =>
        new InFlightLimit(config.HOOKS_IN_FLIGHT_PER_TENANT, CHAIN_BUDGET_MS),
    },
  ],
  exports: [HookChain, InFlightLimit],
})
export class HooksModule {}
