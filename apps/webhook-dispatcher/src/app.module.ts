import { Module } from '@nestjs/common';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import { EndpointsModule } from './endpoints/endpoints.module.js';
import { RetentionModule } from './retention/retention.module.js';

@Module({ imports: [CatalogueModule, EndpointsModule, DeliveriesModule, RetentionModule] })
export class AppModule {}
