import { Public } from '@countersign/platform';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadReadiness } from './read-readiness.js';

const aliveSchema = z.object({ status: z.literal('alive') });
const readinessSchema = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.string()).describe('`ok`, or what is missing, by the name of the check'),
});

@ApiTags('Platform')
@Controller()
export class HealthController {
  constructor(private readonly readReadiness: ReadReadiness) {}

  @Public()
  @Get('healthz')
  @ApiOperation({ summary: 'Is the gateway alive?', description: 'Asks nothing of anybody else.' })
  @ApiResponse({ status: 200, description: 'It is.', standardSchema: aliveSchema })
  alive(): z.output<typeof aliveSchema> {
    return { status: 'alive' };
  }

  @Public()
  @Get('readyz')
  @ApiOperation({
    summary: 'Is the platform ready?',
    description: 'Whether the gateway has the signing keys and the revocations, and reaches every service.',
  })
  @ApiResponse({ status: 200, description: 'It is.', standardSchema: readinessSchema })
  @ApiResponse({
    status: 503,
    description: 'Not yet, or not any more: `checks` says what is missing.',
    standardSchema: readinessSchema,
  })
  async ready(
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<z.output<typeof readinessSchema>> {
    const readiness = await this.readReadiness.execute();
    if (readiness.status !== 'ready') reply.status(503);
    return readiness;
  }
}
