import { expect } from 'vitest';
import type { ApiAnswer } from './api.js';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
  readonly traceId: string;
  readonly hook?: string;
}

export interface ExpectedProblem {
  readonly status: number;
  readonly code?: string;
  /** JSON pointer of a field that the answer must name. */
  readonly pointer?: string;
  /** Text that `detail` must contain. */
  readonly detail?: string;
  readonly hook?: string;
}

/** Asserts that the answer is problem+json in the shape of the API's conventions, and the expected one. */
export function expectProblem(answer: ApiAnswer, expected: ExpectedProblem): Problem {
  const shown = `${String(answer.status)} ${answer.text.slice(0, 600)}`;
  expect(answer.status, shown).toBe(expected.status);
  expect(answer.headers['content-type'], shown).toMatch(/^application\/problem\+json/);
  const problem = answer.body as Problem;
  expect(problem, shown).toMatchObject({
    type: expect.any(String) as string,
    title: expect.any(String) as string,
    status: expected.status,
    code: expect.stringMatching(/^[a-z][a-z0-9_]*$/) as string,
    detail: expect.any(String) as string,
    traceId: expect.stringMatching(/\S/) as string,
  });
  for (const error of problem.errors ?? []) {
    expect(error, shown).toMatchObject({
      // A JSON pointer into the body, or the name of the part of the request that is not in it.
      pointer: expect.any(String) as string,
      code: expect.stringMatching(/^[a-z][a-z0-9_]*$/) as string,
      message: expect.stringMatching(/\S/) as string,
    });
  }
  if (expected.code !== undefined) expect(problem.code, shown).toBe(expected.code);
  if (expected.pointer !== undefined) {
    expect(
      (problem.errors ?? []).map(error => error.pointer),
      shown,
    ).toContain(expected.pointer);
  }
  if (expected.detail !== undefined) expect(problem.detail, shown).toContain(expected.detail);
  if (expected.hook !== undefined) expect(problem.hook, shown).toBe(expected.hook);
  if (answer.status === 429 || answer.status === 503) expect(answer.headers['retry-after'], shown).toMatch(/^\d+$/);
  return problem;
}

/** Asserts the status and shows the answer's text when it is another. */
export function expectStatus<T>(answer: ApiAnswer<T>, status: number): ApiAnswer<T> {
  expect(answer.status, answer.text.slice(0, 600)).toBe(status);
  return answer;
}
