import { CONFIG } from '@countersign/platform';
import { Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { WebhookDispatcherConfig } from '../config.js';
import { AddressPolicy } from './address-policy.js';
import { SocketDialer } from './dialer.js';
import { GuardedConnector } from './guarded-connector.js';
import { HttpSender } from './http-sender.js';
import { SystemNameResolver } from './name-resolver.js';

@Injectable()
class CloseSender implements OnApplicationShutdown {
  constructor(@Inject(HttpSender) private readonly sender: HttpSender) {}

  async onApplicationShutdown(): Promise<void> {
    await this.sender.close();
  }
}

@Module({
  providers: [
    {
      provide: AddressPolicy,
      inject: [CONFIG],
      useFactory: (config: WebhookDispatcherConfig) =>
        new AddressPolicy(config.WEBHOOK_ALLOWED_PRIVATE, new Set(config.WEBHOOK_DENIED_PORTS)),
    },
    {
      provide: HttpSender,
      inject: [AddressPolicy],
      useFactory: (policy: AddressPolicy) =>
        new HttpSender(new GuardedConnector(policy, new SystemNameResolver(), new SocketDialer())),
    },
    CloseSender,
  ],
  exports: [AddressPolicy, HttpSender],
})
export class TransportModule {}
