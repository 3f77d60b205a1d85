import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { writePrivateJson, type DataDirectory } from './data-directory.js';

const platformFileSchema = z.object({
  /** The supervisor. */
  pid: z.number(),
  startedAt: z.string(),
  /** Where people reach the platform. */
  publicUrl: z.string(),
  /** Where this machine reaches the gateway. */
  gatewayUrl: z.string(),
  /** Folder of the database's socket. */
  databaseSocket: z.string(),
  /** The broker that the supervisor keeps running, when it is one of its own. */
  kafka: z.object({ brokers: z.array(z.string()), pid: z.number() }).optional(),
  services: z.record(z.string(), z.object({ url: z.string(), managementUrl: z.string(), pid: z.number().optional() })),
});

/** What runs on a data folder, written by the supervisor for the command line and for the start after a crash. */
export type PlatformFile = z.output<typeof platformFileSchema>;

export function readPlatformFile(directory: DataDirectory): PlatformFile | undefined {
  try {
    return platformFileSchema.parse(JSON.parse(readFileSync(directory.platformFile, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writePlatformFile(directory: DataDirectory, platform: PlatformFile): void {
  writePrivateJson(directory.platformFile, platform);
}

export function removePlatformFile(directory: DataDirectory): void {
  rmSync(directory.platformFile, { force: true });
}
