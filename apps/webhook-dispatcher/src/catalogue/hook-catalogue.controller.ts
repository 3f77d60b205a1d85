import { HOOK_CATALOG, HOOK_MODES, type HookDefinition } from '@countersign/contracts';
import { SignedIn } from '@countersign/platform';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { timeoutOf } from '../endpoints/endpoint.js';
import { Answers } from '../http-answers.js';
import { answerSchemaOf } from './answer-schemas.js';

const catalogueSchema = z.record(
  z.string(),
  z.object({
    hook: z.string(),
    path: z.string(),
    firedWhen: z.string(),
    /** The first is the default. */
    modes: z.array(z.enum(HOOK_MODES)),
    announced: z.boolean(),
    failurePolicy: z.string(),
    timeoutMs: z.number().int(),
    request: z.object({ schema: z.unknown(), sample: z.unknown() }),
    response: z.object({ schema: z.unknown(), sample: z.unknown() }),
  }),
);
type Catalogue = z.output<typeof catalogueSchema>;

@ApiTags('Webhook endpoints')
@Controller('v1/hooks')
export class HookCatalogueController {
  private readonly catalogue: Catalogue = Object.fromEntries(
    [...HOOK_CATALOG].map(([name, hook]) => [name, describe(hook)]),
  );

  @ApiOperation({
    summary: 'The hooks that an endpoint can take part in: when each is sent, its modes, schemas and samples',
  })
  @Get()
  @SignedIn()
  @Answers(
    200,
    'Every hook by name: when it is sent, its modes, JSON Schemas and samples of request and answer',
    catalogueSchema,
  )
  read(): Catalogue {
    return this.catalogue;
  }
}

function describe(hook: HookDefinition): Catalogue[string] {
  return {
    hook: hook.hook,
    path: hook.path,
    firedWhen: hook.firedWhen,
    modes: [...hook.modes],
    announced: hook.announced ?? false,
    failurePolicy: hook.failurePolicy,
    timeoutMs: timeoutOf(hook, { mode: hook.modes[0], timeoutMs: null }),
    request: { schema: z.toJSONSchema(hook.request, { target: 'draft-2020-12' }), sample: hook.sampleRequest },
    response: {
      schema: z.toJSONSchema(answerSchemaOf(hook), { target: 'draft-2020-12' }),
      sample: hook.sampleResponse,
    },
  };
}
