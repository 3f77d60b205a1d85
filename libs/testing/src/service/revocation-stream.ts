import type { ServerResponse } from 'node:http';
import type { Revocation, RevocationLine } from '@countersign/contracts';

const HEARTBEAT_MS = 1_000;

/** The NDJSON stream of revocations: all that follow the cursor, `caughtUp`, then each new one, and a heartbeat. */
export class RevocationStream {
  private readonly all: Revocation[] = [];
  private readonly listeners = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;
  private muted = false;

  constructor() {
    this.heartbeat = setInterval(() => {
      this.send({ cursor: String(this.all.length) });
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  get subscribers(): number {
    return this.listeners.size;
  }

  subscribe(response: ServerResponse, cursor: string): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    this.listeners.add(response);
    response.on('close', () => this.listeners.delete(response));
    const from = /^\d+$/.test(cursor) ? Number(cursor) : 0;
    this.all.slice(from).forEach((revocation, i) => response.write(line({ cursor: String(from + i + 1), revocation })));
    response.write(line({ cursor: String(this.all.length), caughtUp: true }));
  }

  add(revocation: Revocation): void {
    this.all.push(revocation);
    this.send({ cursor: String(this.all.length), revocation });
  }

  /** Silences the stream, heartbeat included, while its connections stay open: what a hung auth-mfa looks like. */
  mute(muted: boolean): void {
    this.muted = muted;
  }

  close(): void {
    clearInterval(this.heartbeat);
    for (const response of this.listeners) response.destroy();
  }

  private send(value: RevocationLine): void {
    if (this.muted) return;
    for (const response of this.listeners) response.write(line(value));
  }
}

const line = (value: RevocationLine) => `${JSON.stringify(value)}\n`;
