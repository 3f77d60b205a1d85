import { deadLetterTopic } from '../consumer/dead-letter.js';

/** Names in the cluster: the installation's prefix before the platform's own names of topics and groups. */
export class KafkaNames {
  constructor(private readonly prefix: string) {}

  topic(name: string): string {
    return this.prefix + name;
  }

  group(name: string): string {
    return this.prefix + name;
  }

  /** The platform's name of a topic of the cluster; undefined for another installation's. */
  own(name: string): string | undefined {
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : undefined;
  }

  isDeadLetterTopic(name: string, group: string): boolean {
    return this.own(name)?.endsWith(deadLetterTopic('', group)) ?? false;
  }
}
