import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The checkout that this command belongs to: `tools/cli/src` and `tools/cli/dist` are equally deep in it. */
export const workspaceRoot = fileURLToPath(new URL('../../../', import.meta.url));

const toolConfig = z.object({
  DATA_DIR: z
    .string()
    .min(1)
    .default(`${workspaceRoot}.countersign`)
    .transform(path => resolve(path))
    .describe('folder of the data and secrets'),
});
export type ToolConfig = z.output<typeof toolConfig>;

export function readToolConfig(): ToolConfig {
  return toolConfig.parse({ DATA_DIR: process.env['DATA_DIR'] || undefined });
}

/** What the child processes of a tool inherit, e.g. PATH and the settings that an operator gave the start command. */
export function inheritedEnvironment(): Record<string, string | undefined> {
  return process.env;
}
