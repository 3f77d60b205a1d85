import { Public } from '@countersign/platform';
import { Controller, Get, Header, SerializeOptions } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { SigningKeys } from './signing-keys.js';

const jwksSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.string(),
    }),
  ),
});

@ApiTags('Tokens')
@Controller('.well-known/jwks.json')
@Public()
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @ApiOperation({
    summary: 'The public keys of access tokens (RFC 7517), the next one included',
    description: 'A verifier that meets an unknown `kid` fetches again.',
  })
  @Get()
  @Header('cache-control', 'public, max-age=300')
  @ApiOkResponse({ standardSchema: jwksSchema })
  @SerializeOptions({ schema: jwksSchema })
  async jwks() {
    return this.keys.jwks();
  }
}
