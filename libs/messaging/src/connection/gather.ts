interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins what is asked for within one turn of the event loop into one piece of work: it waits for no clock, so who asks
 * alone loses nothing, and those who were woken by one event share one statement.
 */
export class Gather<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];

  /** @param work answers for each item, in their order; what it throws is thrown to all */
  constructor(private readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>) {}

  add(item: Item): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.waiting.push({ item, resolve, reject }) === 1) setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    try {
      const answers = await this.work(waiting.map(({ item }) => item));
      waiting.forEach(({ resolve }, at) => resolve(answers[at]!));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
