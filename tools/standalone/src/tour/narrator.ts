import { setTimeout as delay } from 'node:timers/promises';

const WIDTH = 110;

/** Prints the tour: a heading and a sentence per step, then each request and answer as it went over the wire. */
export class Narrator {
  private step = 0;

  constructor(
    private readonly write: (line: string) => void = line => console.log(line),
    private readonly pauseMs = 0,
  ) {}

  async chapter(title: string, text: string): Promise<void> {
    if (this.step > 0) await delay(this.pauseMs);
    this.write(`\n${++this.step}. ${title}\n`);
    for (const line of wrap(text, WIDTH - 3)) this.write(`   ${line}`);
    this.write('');
  }

  say(text: string): void {
    for (const line of wrap(text, WIDTH - 3)) this.write(`   ${line}`);
  }

  /** A message on the wire: `->` we ask the platform, `=>` the platform asks the receiver. */
  message(arrow: string, head: string, body?: unknown): void {
    this.write(`   ${arrow} ${head}`);
    if (body !== undefined) for (const line of render(body)) this.write(`      ${line}`);
  }

  outcome(ok: boolean, text: string): void {
    this.write(`   ${ok ? 'OK' : 'NOT OK'}: ${text}`);
  }
}

/** JSON on one line where it fits, else one line per member; a member that is too long goes on, indented, after a comma. */
export function render(body: unknown, width = WIDTH - 6): string[] {
  const line = JSON.stringify(body);
  if (line.length <= width || typeof body !== 'object' || body === null || Array.isArray(body)) return [line];
  const members = Object.entries(body).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const last = members.length - 1;
  return ['{', ...members.flatMap((member, at) => flow(at < last ? `${member},` : member, width)), '}'];
}

/** Only between members (a comma before a quote or brace), so that no text is broken. */
function flow(text: string, width: number): string[] {
  const lines = ['  '];
  for (const part of text.split(/(?<=,)(?=["{[])/)) {
    if (lines.at(-1)!.length + part.length > width && lines.at(-1)!.trim() !== '') lines.push('      ');
    lines[lines.length - 1] += part;
  }
  return lines;
}

/** A secret as it may stand on a screen. */
export function mask(secret: string): string {
  return secret.length <= 16 ? '…' : `${secret.slice(0, 10)}…`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
