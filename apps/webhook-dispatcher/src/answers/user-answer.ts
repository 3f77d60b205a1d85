/** What came back from a receiver, as far as reading the answer needs it. */
export interface ReceivedAnswer {
  status: number;
  body: Buffer;
  /** The body was longer than what is read. */
  truncated: boolean;
}

export type UserAnswer =
  | { kind: 'unchanged' }
  | { kind: 'refused'; message: string }
  | { kind: 'user'; user: Record<string, unknown> }
  | { kind: 'unusable'; reason: string };

const DEFAULT_REFUSAL = 'Refused by the tenant';
const MESSAGE_MAX = 1_000;
const unusable = (reason: string): UserAnswer => ({ kind: 'unusable', reason });

/**
 * Reads the answer of a decide hook, or of preCreateUser/preUpdateUser in enrich mode, exactly as webhooks.json (`userAnswer`)
 * has it. Never throws: what cannot be used says why.
 * @param decides whether the hook may refuse
 */
export function readUserAnswer(answer: ReceivedAnswer, decides: boolean): UserAnswer {
  const { status } = answer;
  const success = status >= 200 && status < 300;
  if (!success && !(status >= 400 && status < 500)) return unusable(`the receiver answered ${status}`);
  if (answer.truncated) return unusable('the answer is too long');
  if (status === 204) return { kind: 'unchanged' };
  const text = decode(answer.body);
  if (text === undefined) return unusable('the answer is not UTF-8');
  if (text.trim() === '') return success ? { kind: 'unchanged' } : unusable(`the receiver answered ${status}`);

  const json = parse(text);
  if (!isObject(json)) return unusable(success ? 'the answer is no JSON object' : `the receiver answered ${status}`);
  const response = json['response'];
  const error = isObject(response) ? response['error'] : undefined;
  if (error === true) {
    return decides ? { kind: 'refused', message: messageOf(response) } : unusable('an enrich hook cannot refuse');
  }
  if (!success) return unusable(`the receiver answered ${status}`);
  if (error !== undefined && error !== false) return unusable('response.error is neither true nor false');

  const user = userOf(json);
  if (user) return { kind: 'user', user };
  if (isObject(response) || Object.keys(json).length === 0) return { kind: 'unchanged' };
  return unusable('the answer has neither response nor request.user');
}

/** The first of request.user, response.data.user, response.data and response.user that is an object. */
function userOf(json: Record<string, unknown>): Record<string, unknown> | undefined {
  const { request, response } = json;
  const data = isObject(response) ? response['data'] : undefined;
  const places = [
    isObject(request) ? request['user'] : undefined,
    isObject(data) ? data['user'] : undefined,
    data,
    isObject(response) ? response['user'] : undefined,
  ];
  return places.find(isObject);
}

function messageOf(response: unknown): string {
  const message = isObject(response) ? response['message'] : undefined;
  return typeof message === 'string' && message.trim() !== '' ? message.trim().slice(0, MESSAGE_MAX) : DEFAULT_REFUSAL;
}

function decode(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
