import { closeSync, copyFileSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_READ = 256 * 1024;

/** A line that an operator should see at once. */
export interface LoggedError {
  service: string;
  message: string;
}

/**
 * A service's log file. The service writes to it itself, so that nothing is lost and nothing blocks while the supervisor is
 * busy or gone; the supervisor only reads along.
 */
export class ServiceLog {
  private offset = 0;
  private rest = '';

  constructor(
    private readonly service: string,
    readonly path: string,
  ) {}

  /** A descriptor for the service to append to. What came before is kept, and not read again. */
  open(): number {
    const fd = openSync(this.path, 'a', 0o600);
    this.offset = fstatSync(fd).size;
    this.rest = '';
    return fd;
  }

  /** Errors since the last call. A file that has grown too large is moved aside; the service goes on appending. */
  readErrors(): LoggedError[] {
    return this.readLines().flatMap(line => {
      const message = errorIn(line);
      return message === undefined ? [] : [{ service: this.service, message }];
    });
  }

  /** The end of the log, for the message about a service that has died. */
  tail(lines: number): string {
    const fd = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(fd);
      const length = Math.min(size, MAX_READ);
      const buffer = Buffer.alloc(length);
      readSync(fd, buffer, 0, length, size - length);
      return buffer.toString('utf8').trim().split('\n').slice(-lines).map(readable).join('\n');
    } finally {
      closeSync(fd);
    }
  }

  private readLines(): string[] {
    const fd = openSync(this.path, 'r');
    let size: number;
    let text: string;
    try {
      size = fstatSync(fd).size;
      if (size < this.offset) this.offset = 0;
      // A flood is skipped, not caught up with: it is in the file.
      if (size - this.offset > MAX_READ) this.offset = size - MAX_READ;
      const buffer = Buffer.alloc(size - this.offset);
      readSync(fd, buffer, 0, buffer.length, this.offset);
      text = this.rest + buffer.toString('utf8');
    } finally {
      closeSync(fd);
    }
    this.offset = size;
    if (size > MAX_BYTES) {
      copyFileSync(this.path, `${this.path}.1`);
      truncateSync(this.path, 0);
      this.offset = 0;
    }
    const lines = text.split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }
}

interface Record {
  level?: string;
  msg?: string;
  err?: { message?: string; stack?: string };
}

function parse(line: string): Record | undefined {
  try {
    return JSON.parse(line) as Record;
  } catch {
    return undefined;
  }
}

/** What went wrong, when the line is of level error or fatal. */
function errorIn(line: string): string | undefined {
  const record = parse(line);
  if (!record || (record.level !== 'error' && record.level !== 'fatal')) return undefined;
  return record.msg ?? record.err?.message ?? 'error without a message';
}

/** A log line for people; lines that are no JSON (a crash of Node itself) stay as they are. */
function readable(line: string): string {
  const record = parse(line);
  if (!record) return line;
  return [`${record.level ?? ''} ${record.msg ?? ''}`.trim(), record.err?.stack].filter(Boolean).join('\n');
}
