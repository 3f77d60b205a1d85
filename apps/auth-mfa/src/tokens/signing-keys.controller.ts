import { Internal } from '@countersign/platform';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { SigningKeys } from './signing-keys.js';

/** `countersign keys rotate|reencrypt`. */
@Controller('internal/keys')
@Internal('operator')
export class SigningKeysController {
  constructor(private readonly keys: SigningKeys) {}

  @Post('rotate')
  @HttpCode(200)
  rotate() {
    return this.keys.rotate();
  }

  @Post('reencrypt')
  @HttpCode(200)
  async reencrypt() {
    return { resealed: await this.keys.reseal() };
  }
}
