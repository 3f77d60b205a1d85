import { createRequire } from 'node:module';
import type { KafkaLink } from './kafka-link.js';
import { withRequests, type GroupBroker } from './kafkajs-internals.js';

/** What is used of kafkajs' encoder and decoder (Kafka protocol, compact types: KIP-482). */
interface Encoder {
  writeBuffer(bytes: Buffer): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeUVarIntString(text: string): Encoder;
  writeUVarIntArray(items: Encoder[]): Encoder;
  writeUVarInt(value: number): Encoder;
}

interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readBoolean(): boolean;
  readBytes(length: number): Buffer;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}

const require = createRequire(import.meta.url);
const KafkaEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;

const METADATA = 3;
/** The first that tells topics' ids; brokers have it since Kafka 2.8, kafkajs ends at 6. */
const VERSION = 10;
const UUID_BYTES = 16;
const NO_ID = Buffer.alloc(UUID_BYTES);

/**
 * The ids of topics by their names, as Kafka's tools show them. A topic that is deleted and made again has another, under the
 * same name. Of a topic that is not there, or of which brokers older than 2.8 are asked, there is none.
 */
export function topicIds(link: KafkaLink, topics: readonly string[]): Promise<Map<string, string>> {
  return link.any(async broker => {
    const make = broker.lookupRequest(METADATA, { versions: [String(VERSION)], protocol: requestOf });
    if (make === undefined) return new Map();
    const asker = withRequests(broker, () => make);
    const answer = (await asker.metadata(topics)) as unknown as { ids: Map<string, string> };
    return answer.ids;
  });
}

/** kafkajs asks for the newest version that both sides know. */
function requestOf({ version }: { version: number }): ReturnType<GroupBroker['lookupRequest']> | undefined {
  if (version < VERSION) return undefined;
  return request => ({
    request: {
      apiKey: METADATA,
      apiVersion: VERSION,
      apiName: 'Metadata',
      encode: () => Promise.resolve(encode((request as { topics: string[] }).topics)),
    },
    response: { decode: (bytes: Buffer) => Promise.resolve(decode(bytes)), parse: (answer: unknown) => answer },
  });
}

/** [tags of the header] topics: [id, name, tags], allow_auto_topic_creation, two include_…_authorized_operations, tags */
function encode(topics: readonly string[]): Encoder {
  const named = topics.map(topic => new KafkaEncoder().writeBuffer(NO_ID).writeUVarIntString(topic).writeUVarInt(0));
  return new KafkaEncoder()
    .writeUVarInt(0)
    .writeUVarIntArray(named)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeUVarInt(0);
}

function decode(bytes: Buffer): { clientSideThrottleTime: number; ids: Map<string, string> } {
  const decoder = new KafkaDecoder(bytes);
  decoder.readTaggedFields();
  const clientSideThrottleTime = decoder.readInt32();
  decoder.readUVarIntArray(skipBroker);
  // The cluster's id and its controller.
  decoder.readUVarIntString();
  decoder.readInt32();
  const topics = decoder.readUVarIntArray(readTopic) ?? [];
  return { clientSideThrottleTime, ids: new Map(topics.filter(([, id]) => id !== '')) };
}

function skipBroker(decoder: Decoder): void {
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readTaggedFields();
}

function readTopic(decoder: Decoder): [name: string, id: string] {
  decoder.readInt16();
  const name = decoder.readUVarIntString() ?? '';
  const id = decoder.readBytes(UUID_BYTES);
  decoder.readBoolean();
  decoder.readUVarIntArray(skipPartition);
  // The operations that the user may do.
  decoder.readInt32();
  decoder.readTaggedFields();
  return [name, id.equals(NO_ID) ? '' : id.toString('base64url')];
}

/** error_code, partition_index, leader_id, leader_epoch, three lists of nodes, tags */
function skipPartition(decoder: Decoder): void {
  decoder.readInt16();
  for (let at = 0; at < 3; at++) decoder.readInt32();
  for (let at = 0; at < 3; at++) decoder.readUVarIntArray(one => one.readInt32());
  decoder.readTaggedFields();
}
