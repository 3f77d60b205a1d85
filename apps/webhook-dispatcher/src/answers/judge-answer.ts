import type { HttpResult } from '../transport/http-sender.js';
import type { AnswerRecord } from '../dispatch/completion.js';
import { readUserAnswer } from './user-answer.js';
import { diffUser, type UserChanges } from './user-changes.js';

export interface JudgedAnswer extends AnswerRecord {
  /** A merge patch of the user, where the verdict is `changed`. */
  changes: Record<string, unknown>;
}

/** From what came back for an awaited user hook to what it says: verdict, changes on the allow-list, what is ignored. */
export function judgeUserAnswer(result: HttpResult, sentUser: Record<string, unknown>, decides: boolean): JudgedAnswer {
  if (result.transport !== 'answered') return unanswered(result.error ?? 'no answer came');
  const answer = readUserAnswer(
    { status: result.status!, body: result.body!, truncated: result.truncated ?? false },
    decides,
  );
  switch (answer.kind) {
    case 'unusable':
      return unanswered(answer.reason);
    case 'refused':
      return { verdict: 'refused', message: answer.message, changes: {} };
    case 'unchanged':
      return { verdict: 'unchanged', changes: {} };
    case 'user': {
      const { changes, patch, ignored }: UserChanges = diffUser(sentUser, answer.user);
      const changed = patch.length > 0;
      return {
        verdict: changed ? 'changed' : 'unchanged',
        changes,
        ...(changed ? { patch } : {}),
        ...(ignored.length > 0 ? { ignored } : {}),
      };
    }
  }
}

export function unanswered(message: string): JudgedAnswer {
  return { verdict: 'unanswered', message, changes: {} };
}
