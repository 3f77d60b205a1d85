const SAME_WITHIN_MS = 10_000;

/** What the supervisor says to the person at the terminal. */
export class Reporter {
  private last = { text: '', at: 0, more: 0 };

  constructor(private readonly write: (line: string) => void = line => console.log(line)) {}

  say(line: string): void {
    this.flush();
    this.write(line);
  }

  warn(line: string): void {
    this.say(`! ${line}`);
  }

  /** An error out of a service's log; the same one again within 10 s is only counted. */
  error(service: string, message: string): void {
    const text = `! ${service}: ${message.split('\n')[0]!.slice(0, 300)}`;
    const now = Date.now();
    if (text === this.last.text && now - this.last.at < SAME_WITHIN_MS) {
      this.last.more++;
      return;
    }
    this.flush();
    this.write(text);
    this.last = { text, at: now, more: 0 };
  }

  private flush(): void {
    if (this.last.more > 0) this.write(`!   (${this.last.more} times more)`);
    this.last = { text: '', at: 0, more: 0 };
  }
}
