import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { explain } from './explain.js';
import type { KafkaLink } from './kafka-link.js';
import type { KafkaSettings } from './kafka-settings.js';
import { WrongTopics, type Topics } from './topics.js';

const CHECK_MS = 5_000;
/** While something is wrong. */
const RECHECK_MS = 1_000;
const CONTEXT = 'kafka';

/** Looks after the cluster: whether it can be reached and has its topics. What is wrong it says once, and when it is over. */
export class TopicWatch {
  private readonly good = new Set<string>();
  private readonly ending = new AbortController();
  private loop?: Promise<void>;
  /** Why the bus cannot be used; undefined while it can, or before it is watched. */
  problem: string | undefined;

  constructor(
    private readonly link: KafkaLink,
    private readonly settings: KafkaSettings,
    private readonly topics: Topics,
    private readonly logger: LoggerService,
  ) {}

  /** Begins to look, now and every few seconds. */
  start(topics: readonly string[]): void {
    this.problem ??= 'Kafka has not been reached yet';
    this.loop ??= this.run(topics);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.loop;
  }

  /** @throws WrongTopics when one of the topics is not as it should be */
  async ensure(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter(topic => !this.good.has(topic));
    if (unknown.length === 0) return;
    const problems = await this.topics.check(this.link, unknown);
    if (problems.length > 0) throw new WrongTopics(problems.join('; '));
    for (const topic of unknown) this.good.add(topic);
  }

  /** After a failure that may be a topic's: it is looked up again before its next use. */
  doubt(): void {
    this.good.clear();
  }

  /** Waits until the topics are as they should be, or the signal is aborted. */
  async ready(topics: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.ensure(topics);
      } catch (error) {
        // The watch knows of more topics than these.
        if (!this.loop) this.say(error);
        await pause(RECHECK_MS, signal);
      }
    }
  }

  private async run(topics: readonly string[]): Promise<void> {
    const { signal } = this.ending;
    let compared = false;
    while (!signal.aborted) {
      try {
        this.doubt();
        await this.ensure(topics);
        if (!compared) await this.compare(topics);
        compared = true;
        if (this.problem !== undefined) this.logger.log('Kafka can be used and has its topics', CONTEXT);
        this.problem = undefined;
      } catch (error) {
        this.say(error);
      }
      await pause(this.problem === undefined ? CHECK_MS : RECHECK_MS, signal);
    }
  }

  /** Topics that are as good but otherwise than configured hold nothing up: an operator is told once. */
  private async compare(topics: readonly string[]): Promise<void> {
    try {
      for (const difference of await this.topics.differences(this.link, topics)) this.logger.warn(difference, CONTEXT);
    } catch (error) {
      this.logger.warn(`The settings of the topics cannot be read: ${explain(error, this.settings)}`, CONTEXT);
    }
  }

  private say(error: unknown): void {
    if (this.ending.signal.aborted) return;
    const problem = explain(error, this.settings);
    if (problem !== this.problem) this.logger.warn(problem, CONTEXT);
    this.problem = problem;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
