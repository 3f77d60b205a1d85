import type { ApiClient } from './api-client.js';
import type { Later } from './cleanup.js';
import { Platform, type PlatformOptions } from './platform.js';
import { Receiver } from './receiver.js';

/** What a benchmark of the running platform needs beside it: a receiver of its webhooks, and an administrator's client. */
export interface TestBed {
  readonly platform: Platform;
  readonly receiver: Receiver;
  readonly api: ApiClient;
}

/** @param later ends all of it with the benchmark */
export async function startTestBed(later: Later, options: PlatformOptions): Promise<TestBed> {
  const platform = await Platform.start(options);
  later(() => platform.stop());
  const receiver = await Receiver.start();
  later(() => receiver.stop());
  const api = await platform.administrator();
  later(() => api.close());
  return { platform, receiver, api };
}
