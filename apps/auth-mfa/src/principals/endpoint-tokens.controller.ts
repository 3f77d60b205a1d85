import { endpointTokenSchema, issuedTokenSchema } from '@countersign/contracts';
import { Internal } from '@countersign/platform';
import { Body, Controller, Delete, HttpCode, Param, Post, SerializeOptions } from '@nestjs/common';
import { z } from 'zod';
import { callersTenant } from '../directory/callers-tenant.js';
import { DeleteEndpointPrincipal } from './delete-endpoint-principal.js';
import { IssueEndpointToken } from './issue-endpoint-token.js';

const endpointIdSchema = z.string().regex(/^ep_[0-9a-z_]{1,60}$/);

@Controller('internal/endpoint-tokens')
@Internal('webhook-dispatcher')
export class EndpointTokensController {
  constructor(
    private readonly issueEndpointToken: IssueEndpointToken,
    private readonly deleteEndpointPrincipal: DeleteEndpointPrincipal,
  ) {}

  @Post()
  @HttpCode(200)
  @SerializeOptions({ schema: issuedTokenSchema })
  issue(@Body({ schema: endpointTokenSchema }) body: z.output<typeof endpointTokenSchema>) {
    return this.issueEndpointToken.execute(callersTenant(), body);
  }

  @Delete(':endpointId')
  @HttpCode(204)
  delete(@Param('endpointId', { schema: endpointIdSchema }) endpointId: string): Promise<void> {
    return this.deleteEndpointPrincipal.execute(callersTenant(), endpointId);
  }
}
