import { Module } from '@nestjs/common';
import { HookCatalogueController } from './hook-catalogue.controller.js';

@Module({ controllers: [HookCatalogueController] })
export class CatalogueModule {}
