import { Webhook } from 'standardwebhooks';

/** One request as it arrived: the exact bytes, and every header under its lower-case name. */
export class ReceivedCall {
  constructor(
    readonly method: string,
    /** Path and query as sent. */
    readonly path: string,
    readonly headers: Readonly<Record<string, string>>,
    readonly body: Buffer,
    /** Milliseconds of a monotonic clock, for order only. */
    readonly at: number,
  ) {}

  get text(): string {
    return this.body.toString('utf8');
  }

  get json(): unknown {
    return JSON.parse(this.text);
  }

  get webhookId(): string {
    return this.headers['webhook-id'] ?? '';
  }

  get attempt(): number {
    return Number(this.headers['x-countersign-attempt']);
  }

  /** The bearer token of the Authorization header. */
  get token(): string {
    return (this.headers['authorization'] ?? '').replace(/^Bearer /, '');
  }

  /** The user of a hook's body. */
  get user(): Record<string, unknown> {
    const { request } = this.json as { request: { user: Record<string, unknown> } };
    return request.user;
  }

  /** @throws WebhookVerificationError when the Standard Webhooks signature over the exact bytes is not the secret's. */
  verify(secret: string): void {
    new Webhook(secret).verify(this.body, { ...this.headers });
  }
}
