import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bits, explicit, implicit, integer, octets, oid, sequence, set, time, utf8, yes } from './der.js';

/** A certificate authority of a test, and a server's certificate that it issued; all PEM. */
export interface TestCertificates {
  ca: string;
  cert: string;
  key: string;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const name = (commonName: string) => sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
const extension = (id: string, critical: boolean, value: Uint8Array) =>
  sequence(oid(id), ...(critical ? [yes()] : []), octets(value));

/** A private CA and a certificate for the host names and IPv4 addresses, valid since yesterday and for a day. */
export function makeTestCertificates(hosts: readonly string[] = ['localhost', '127.0.0.1']): TestCertificates {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const caName = name(`Countersign test CA ${randomBytes(4).toString('hex')}`);
  // basicConstraints CA, keyUsage keyCertSign and cRLSign (RFC 5280 §4.2.1)
  const caExtensions = [
    extension('2.5.29.19', true, sequence(yes())),
    extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)),
  ];
  const names = hosts.map(host =>
    isIPv4(host) ? implicit(7, Buffer.from(host.split('.').map(Number))) : implicit(2, Buffer.from(host)),
  );
  const serverExtensions = [
    extension('2.5.29.17', false, sequence(...names)),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
  ];
  return {
    ca: certificate(caName, caName, ca.publicKey, caExtensions, ca.privateKey),
    cert: certificate(name(hosts[0]!), caName, server.publicKey, serverExtensions, ca.privateKey),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function certificate(
  subject: Buffer,
  issuer: Buffer,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
  issuerKey: KeyObject,
): string {
  const day = 86_400_000;
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(content, ECDSA_SHA256, bits(sign('sha256', content, issuerKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
