const MOST = 200;

/** Remembers what was said lately, so that a loop which fails again and again fills no log. */
export class RecentLines {
  private readonly said = new Map<string, number>();

  constructor(
    private readonly quietMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether the line was not said within the last `quietMs`; then it is said now. */
  isNew(line: string): boolean {
    if (this.now() - (this.said.get(line) ?? -Infinity) < this.quietMs) return false;
    if (this.said.size >= MOST) this.said.clear();
    this.said.set(line, this.now());
    return true;
  }
}
