import type { Dispatcher } from 'undici';

/** Bytes of an answer that are read and kept; reading stops there. */
export const ANSWER_MAX_BYTES = 64 * 1024;

/** As much of the answer as came. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  truncated: boolean;
}

export type Exchanged =
  | { kind: 'answered'; answer: Answer }
  | { kind: 'timed_out'; answer?: Omit<Answer, 'body' | 'truncated'> }
  | { kind: 'failed'; error: Error; answer?: Omit<Answer, 'body' | 'truncated'> };

/**
 * One request on a pool, from its dispatch to the end of its answer, within one deadline. It is undici's bare handler: no
 * stream, no signal, no promise but the one that is waited for, which is half of what a request costs.
 */
export class BoundedExchange implements Dispatcher.DispatchHandler {
  private readonly chunks: Buffer[] = [];
  private readonly timer: NodeJS.Timeout;
  private controller?: Dispatcher.DispatchController;
  private begun?: { status: number; headers: Record<string, string> };
  private size = 0;
  private over = false;

  private constructor(
    deadlineMs: number,
    private readonly settle: (exchanged: Exchanged) => void,
  ) {
    this.timer = setTimeout(() => {
      this.end({ kind: 'timed_out', answer: this.begun });
      this.abort();
    }, deadlineMs);
  }

  /** Never rejects. */
  static run(pool: Dispatcher, request: Dispatcher.DispatchOptions, deadlineMs: number): Promise<Exchanged> {
    return new Promise(settle => pool.dispatch(request, new BoundedExchange(deadlineMs, settle)));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited for its connection until the deadline: nothing is sent any more.
    if (this.over) this.abort();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Informational (RFC 9110 §15.2): the answer is still to come.
    if (status >= 200) this.begun = { status, headers: flatten(headers) };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    this.chunks.push(chunk);
    if (this.size <= ANSWER_MAX_BYTES) return;
    this.answered(true);
    // Destroys the connection: no more is read.
    this.abort();
  }

  onResponseEnd(): void {
    this.answered(false);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.end({ kind: 'failed', error, answer: this.begun });
  }

  private answered(truncated: boolean): void {
    const body = Buffer.concat(this.chunks, Math.min(this.size, ANSWER_MAX_BYTES));
    this.end({ kind: 'answered', answer: { ...this.begun!, body, truncated } });
  }

  private end(exchanged: Exchanged): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.settle(exchanged);
  }

  private abort(): void {
    this.controller?.abort(new Error('the attempt is over'));
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return out;
}
