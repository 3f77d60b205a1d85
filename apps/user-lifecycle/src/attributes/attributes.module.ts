import { Module } from '@nestjs/common';
import { AttributeCatalogRepository } from './attribute-catalog.repository.js';
import { AttributeController } from './attribute.controller.js';
import { ReadAttributes } from './read-attributes.js';
import { ReplaceAttributes } from './replace-attributes.js';

@Module({
  controllers: [AttributeController],
  providers: [AttributeCatalogRepository, ReadAttributes, ReplaceAttributes],
  exports: [AttributeCatalogRepository],
})
export class AttributesModule {}
