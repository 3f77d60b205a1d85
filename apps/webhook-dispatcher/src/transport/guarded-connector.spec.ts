import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AddressPolicy, parseCidr } from './address-policy.js';
import type { Dialer, DialTarget } from './dialer.js';
import { DialError } from './dialer.js';
import { GuardedConnector, TargetDenied } from './guarded-connector.js';

/** Records what it would connect to and never connects. */
class RecordingDialer implements Dialer {
  readonly dialled: DialTarget[] = [];
  readonly failing = new Set<string>();
  dial(target: DialTarget): Promise<Socket> {
    this.dialled.push(target);
    if (this.failing.has(target.address)) return Promise.reject(new DialError('ECONNREFUSED', 'refused'));
    return Promise.resolve({} as Socket);
  }
}

function guard(options: { allowed?: string[]; deniedPorts?: number[]; names?: Record<string, string[]> } = {}) {
  const dialer = new RecordingDialer();
  let questions = 0;
  const policy = new AddressPolicy((options.allowed ?? []).map(parseCidr), new Set(options.deniedPorts));
  const resolver = {
    resolve: (name: string) => {
      questions++;
      const found = options.names?.[name];
      return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
    },
  };
  const connector = new GuardedConnector(policy, resolver, dialer);
  /** Dials as a URL written that way would be dialled. */
  const connect = (text: string) => {
    const url = new URL(text);
    const secure = url.protocol === 'https:';
    return connector.connect({
      protocol: secure ? 'https:' : 'http:',
      hostname: url.hostname,
      port: Number(url.port) || (secure ? 443 : 80),
    });
  };
  return { connect, dialer, questions: () => questions };
}

const DENIED = [
  // loopback and "this host" in every spelling that a URL has for it
  '127.0.0.1', '127.1', '127.255.255.254', '0x7f.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1.', '0.0.0.0', '0', '0.1.2.3',
  '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '①②⑦.0.0.1',
  // private, carrier-grade, link-local, metadata
  '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255', '100.100.100.200', '169.254.169.254',
  '192.0.0.192', '168.63.129.16', '[fd00:ec2::254]', '[fc00::1]', '[fe80::1]', '[fec0::1]',
  // special registries, documentation, benchmarks, multicast, class E, broadcast
  '192.0.0.8', '192.0.2.1', '192.31.196.1', '192.52.193.1', '192.88.99.1', '192.175.48.1', '198.18.0.1', '198.19.255.255',
  '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
  '[2001:db8::1]', '[2001:2::1]', '[2001:10::1]', '[2001:20::1]', '[2001:1::1]', '[3fff::1]', '[5f00::1]', '[100::1]', '[ff02::1]',
  '[2620:4f:8000::1]', '[4000::1]', '[::2]',
  // another address inside: mapped, compatible, SIIT, NAT64 (both prefixes), 6to4, Teredo, ISATAP
  '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:a9fe:a9fe]', '[::ffff:10.0.0.1]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[::ffff:0:8.8.8.8]',
  '[64:ff9b::127.0.0.1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::8.8.8.8]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2002:808:808::]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]', '[2a00:1450::5efe:127.0.0.1]', '[2a00:1450::200:5efe:10.0.0.1]',
]; // prettier-ignore

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '192.0.1.1',
  '[2606:4700::1111]',
  '[2a00:1450:4001::1]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::8.8.8.8]',
];

describe('GuardedConnector', () => {
  it.each(DENIED)('never dials https://%s', async host => {
    const { connect, dialer } = guard();
    await expect(connect(`https://${host}/`)).rejects.toBeInstanceOf(TargetDenied);
    expect(dialer.dialled).toEqual([]);
  });

  it.each(PUBLIC)('dials https://%s at exactly that address, without a server name', async host => {
    const { connect, dialer } = guard();
    await connect(`https://${host}:8443/`);
    const address = new URL(`https://${host}`).hostname.replace(/^\[|\]$/g, '');
    expect(dialer.dialled).toEqual([{ address, port: 8443, tls: { secureContext: undefined } }]);
  });

  it.each(DENIED)('never dials a name that resolves to %s, alone or beside a public address', async host => {
    const address = new URL(`https://${host}`).hostname.replace(/^\[|\]$/g, '');
    for (const addresses of [[address], ['8.8.8.8', address]]) {
      const { connect, dialer } = guard({ names: { 'evil.example': addresses } });
      await expect(connect('https://evil.example/')).rejects.toThrow(`evil.example resolves to ${address}`);
      expect(dialer.dialled).toEqual([]);
    }
  });

  it('resolves once and dials what it checked, so a second answer cannot matter', async () => {
    const { connect, dialer, questions } = guard({ names: { 'shop.example': ['8.8.8.8', '2606:4700::1111'] } });
    await connect('https://shop.example/');
    expect(questions()).toBe(1);
    expect(dialer.dialled).toEqual([
      { address: '8.8.8.8', port: 443, tls: { secureContext: undefined, servername: 'shop.example' } },
    ]);
  });

  it('tries the next address when one does not answer, each of them checked', async () => {
    const { connect, dialer } = guard({ names: { 'shop.example': ['8.8.8.8', '8.8.4.4'] } });
    dialer.failing.add('8.8.8.8');
    expect((await connect('https://shop.example/')).address).toBe('8.8.4.4');
  });

  it('refuses what a resolver answers that is no address', async () => {
    for (const answer of ['localhost', '0x7f.1', 'fe80::1%eth0', '10', '1.2.3.04', '']) {
      const { connect, dialer } = guard({ names: { 'odd.example': [answer] }, allowed: ['0.0.0.0/0', '::/0'] });
      await expect(connect('https://odd.example/')).rejects.toBeInstanceOf(TargetDenied);
      expect(dialer.dialled).toEqual([]);
    }
  });

  it('says so when a name has no address', async () => {
    const { connect } = guard({ names: { 'empty.example': [] } });
    await expect(connect('https://empty.example/')).rejects.toMatchObject({ code: 'name_not_resolved' });
    await expect(connect('https://unknown.example/')).rejects.toMatchObject({ code: 'name_not_resolved' });
  });

  it('dials private targets only in the ranges that the operator allowed', async () => {
    const { connect, dialer } = guard({ allowed: ['127.0.0.0/8', '::1/128', '10.1.0.0/16'] });
    for (const host of ['127.0.0.1', '[::1]', '10.1.2.3', '[::ffff:10.1.2.3]']) await connect(`http://${host}:9000/`);
    expect(dialer.dialled).toHaveLength(4);
    for (const host of ['10.2.0.1', '169.254.169.254', '[::]', '0.0.0.0', '[::127.0.0.1]', '[2002:7f00:1::]']) {
      await expect(connect(`http://${host}:9000/`)).rejects.toBeInstanceOf(TargetDenied);
    }
    expect(dialer.dialled).toHaveLength(4);
  });

  it("keeps the platform's own ports closed there", async () => {
    const { connect } = guard({ allowed: ['127.0.0.0/8', '::1/128'], deniedPorts: [5432, 80] });
    await expect(connect('http://127.0.0.1:5432/')).rejects.toThrow(/belongs to the platform/);
    await expect(connect('http://[::ffff:127.0.0.1]:5432/')).rejects.toThrow(/belongs to the platform/);
    await expect(connect('http://127.0.0.1/')).rejects.toThrow(/belongs to the platform/);
    await connect('http://127.0.0.1:5433/');
  });

  it('speaks http to allowed targets only', async () => {
    const { connect, dialer } = guard({ allowed: ['127.0.0.0/8'], names: { 'shop.example': ['8.8.8.8'] } });
    await expect(connect('http://8.8.8.8/')).rejects.toThrow(/use https/);
    await expect(connect('http://shop.example/')).rejects.toThrow(/use https/);
    expect(dialer.dialled).toEqual([]);
  });
});
