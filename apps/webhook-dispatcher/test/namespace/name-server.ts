import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const TYPE_A = 1;
const TYPE_AAAA = 28;

/** A name server of a test (RFC 1035 §4): answers A and AAAA from a table, the next list of addresses at each question of a type. */
export class NameServer {
  private readonly answers = new Map<string, string[][]>();

  private constructor(private readonly socket: Socket) {}

  static async start(address: string, port: number): Promise<NameServer> {
    const server = new NameServer(createSocket('udp4'));
    server.socket.on('message', (query, from) => {
      server.socket.send(server.answer(query), from.port, from.address);
    });
    server.socket.bind(port, address);
    await once(server.socket, 'listening');
    return server;
  }

  /** @param turns addresses of the first question, of the second and so on; the last ones stay */
  set(name: string, ...turns: string[][]): void {
    this.answers.set(name, turns);
  }

  stop(): void {
    this.socket.close();
  }

  private answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const question = query.subarray(12, at + 5);
    const type = query.readUInt16BE(at + 1);
    const turns = this.answers.get(labels.join('.').toLowerCase());
    const addresses = (turns?.[0] ?? []).filter(address => (isIPv4(address) ? type === TYPE_A : type === TYPE_AAAA));
    // Both types are asked at once: a turn ends with the question for A.
    if (turns && turns.length > 1 && type === TYPE_A) turns.shift();
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(turns ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([header, question, ...addresses.map(record)]);
  }
}

function record(address: string): Buffer {
  const data = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(data.length === 4 ? TYPE_A : TYPE_AAAA, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
