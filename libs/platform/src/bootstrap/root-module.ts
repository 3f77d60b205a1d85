import type { DynamicModule, Type } from '@nestjs/common';

class RootModule {}

/** The service's own module and the platform's beside it. */
export function rootModule(service: Type, platform: DynamicModule): DynamicModule {
  return { module: RootModule, imports: [platform, service] };
}
