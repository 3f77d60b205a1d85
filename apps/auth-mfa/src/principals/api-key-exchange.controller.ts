import { apiKeyExchangeSchema, issuedTokenSchema } from '@countersign/contracts';
import { Internal } from '@countersign/platform';
import { Body, Controller, HttpCode, Post, SerializeOptions } from '@nestjs/common';
import type { z } from 'zod';
import { ExchangeApiKey } from './exchange-api-key.js';

@Controller('internal/api-keys')
@Internal('gateway')
export class ApiKeyExchangeController {
  constructor(private readonly exchangeApiKey: ExchangeApiKey) {}

  @Post('exchange')
  @HttpCode(200)
  @SerializeOptions({ schema: issuedTokenSchema })
  exchange(@Body({ schema: apiKeyExchangeSchema }) body: z.output<typeof apiKeyExchangeSchema>) {
    return this.exchangeApiKey.execute(body.key);
  }
}
