import { Internal } from '@countersign/platform';
import { Body, Controller, Post } from '@nestjs/common';
import { Answers } from '../answers.js';
import { Republish } from './republish.js';
import { republishedSchema, republishSchema, type RepublishBody, type Republished } from './republish.schema.js';

@Internal('operator')
@Controller('internal/republish')
export class RepublishController {
  constructor(private readonly republish: Republish) {}

  @Post()
  @Answers(200, 'How much was re-emitted', republishedSchema)
  run(@Body({ schema: republishSchema.prefault({}) }) body: RepublishBody): Promise<Republished> {
    return this.republish.execute(body);
  }
}
