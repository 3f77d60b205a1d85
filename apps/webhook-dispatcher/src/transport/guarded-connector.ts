import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.js';
import { DialError, type Dialer } from './dialer.js';
import type { NameResolver } from './name-resolver.js';

const CONNECT_TIMEOUT_MS = 5_000;
const ADDRESS_TIMEOUT_MS = 2_000;
const ADDRESSES_MAX = 8;

/** The target is one that webhooks may not be sent to. */
export class TargetDenied extends DialError {
  constructor(message: string) {
    super('target_denied', message);
  }
}

export interface ConnectTarget {
  protocol: 'http:' | 'https:';
  /** Host of the URL; an IPv6 address with or without brackets. */
  hostname: string;
  port: number;
  secureContext?: SecureContext;
}

export interface Connection {
  socket: Socket;
  address: string;
}

/**
 * The one way out to a tenant's target: resolves the name once, checks every address that came back, and dials exactly a
 * checked one, so a name that resolves differently a moment later (DNS rebinding) changes nothing. http is for targets that
 * the operator allowed only.
 */
export class GuardedConnector {
  constructor(
    private readonly policy: AddressPolicy,
    private readonly resolver: NameResolver,
    private readonly dialer: Dialer,
  ) {}

  /** @throws TargetDenied, or DialError when the name or the connection failed */
  async connect(target: ConnectTarget): Promise<Connection> {
    const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const literal = isIP(hostname) !== 0;
    const addresses = literal ? [hostname] : await this.resolve(hostname);
    for (const address of addresses) {
      const verdict = this.policy.judge(address, target.port);
      if (!verdict.allowed)
        throw new TargetDenied(literal ? verdict.reason : `${hostname} resolves to ${address}: ${verdict.reason}`);
      if (target.protocol === 'http:' && verdict.rule !== 'operator') {
        throw new TargetDenied(
          `${hostname} is reached over http, which is for targets that the operator allowed; use https`,
        );
      }
    }
    const tls =
      target.protocol === 'https:'
        ? { secureContext: target.secureContext, ...(literal ? {} : { servername: hostname.replace(/\.$/, '') }) }
        : undefined;
    return this.dialFirst(addresses.slice(0, ADDRESSES_MAX), target.port, tls);
  }

  /** The connector of an undici pool. */
  forUndici(
    secureContext: SecureContext | undefined,
    connected: (connection: Connection) => void,
  ): buildConnector.connector {
    return ({ protocol, hostname, port }, callback) => {
      const secure = protocol === 'https:';
      this.connect({
        protocol: secure ? 'https:' : 'http:',
        hostname,
        port: Number(port) || (secure ? 443 : 80),
        secureContext,
      }).then(
        connection => {
          connected(connection);
          callback(null, connection.socket);
        },
        (error: unknown) => callback(error as Error, null),
      );
    };
  }

  private async resolve(hostname: string): Promise<string[]> {
    let addresses: string[];
    try {
      addresses = await this.resolver.resolve(hostname);
    } catch (cause) {
      throw new DialError('name_not_resolved', `the name ${hostname} could not be resolved`, cause);
    }
    if (addresses.length === 0) throw new DialError('name_not_resolved', `the name ${hostname} has no address`);
    return addresses;
  }

  private async dialFirst(
    addresses: readonly string[],
    port: number,
    tls: { servername?: string; secureContext?: SecureContext } | undefined,
  ): Promise<Connection> {
    const until = performance.now() + CONNECT_TIMEOUT_MS;
    let failure: unknown;
    for (const [index, address] of addresses.entries()) {
      const left = until - performance.now();
      if (left <= 0) break;
      const timeout = index === addresses.length - 1 ? left : Math.min(left, ADDRESS_TIMEOUT_MS);
      try {
        return { socket: await this.dialer.dial({ address, port, tls }, timeout), address };
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }
}
