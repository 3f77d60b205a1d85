import type { PatchOperation } from '../answers/user-changes.js';
import type { AttemptRecord } from '../deliveries/attempt-record.js';
import type { Job } from './job.js';

/** What an awaited answer, or one of a recheck, was found to say. */
export interface AnswerRecord {
  verdict: 'unchanged' | 'changed' | 'refused' | 'unanswered';
  message?: string;
  patch?: PatchOperation[];
  ignored?: PatchOperation[];
}

/** How an attempt leaves its delivery. */
export type Completion =
  | {
      kind: 'finished';
      job: Job;
      state: 'succeeded' | 'failed' | 'discarded';
      finishedAt: Date;
      /** For people: why it did not succeed. */
      cause?: string;
      answer?: AnswerRecord;
      attempt?: AttemptRecord;
    }
  /** `notBefore` is a time by performance.now(), so that a wall clock which steps meanwhile moves nothing. */
  | { kind: 'retry'; job: Job; notBefore: number; attempt: AttemptRecord }
  /** Nothing was sent; it goes back as it was. */
  | { kind: 'release'; job: Job; notBefore?: number };
