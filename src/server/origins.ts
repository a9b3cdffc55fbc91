import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { DaybookError } from '../base/errors.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** All of `127.0.0.0/8`, `::1`, and the former as IPv6 writes it (RFC 4291, 2.5.5.2; as URLs print it). */
const LOOPBACK = /^(?:127(?:\.\d+){3}|::1|::ffff:(?:127(?:\.\d+){3}|7f[\da-f]{2}:[\da-f]{1,4}))$/;

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

/** A name is shown so far: no name that is one is longer. */
const NAME_SHOWN_MAX = 253;

/** By which addresses and names a server may be called. */
export interface HostRules {
  /** The addresses that it is bound to. */
  readonly addresses: readonly string[];
  /** What it was told to bind to: an address or a name. */
  readonly host: string;
  /** Further names, without ports. */
  readonly allowHosts: readonly string[];
}

/**
 * Keeps other sites' pages out: only requests that call this machine by a name of its own are answered, so that a foreign
 * name that resolves to it gets nothing (DNS rebinding), and what a browser sends from another origin changes nothing.
 */
export function guardOrigins(app: FastifyInstance, options: Pick<HostRules, 'host' | 'allowHosts'>): void {
  let isKnown: ((header: string) => boolean) | undefined;
  app.addHook('onRequest', async (request) => {
    // Bound by now: a request has come.
    isKnown ??= knownHosts({ ...options, addresses: boundAddresses(app) });
    const { host, origin } = request.headers;
    // Browsers always say whom they call.
    if (host !== undefined && !isKnown(host)) {
      throw new DaybookError('FOREIGN_HOST', foreignHost(host));
    }
    if (SAFE_METHODS.has(request.method) || origin === undefined || isSameHost(origin, host)) return;
    throw new DaybookError(
      'FOREIGN_ORIGIN',
      `A page from ${origin} may not send records here; only the pages of this Daybook may.`,
    );
  });
}

function foreignHost(header: string): string {
  const called = hostOf(header);
  if (called === undefined) {
    return `The request's Host is '${header.slice(0, NAME_SHOWN_MAX)}', which is no name or address of a server; send one that this Daybook answers to.`;
  }
  const name = bare(called).slice(0, NAME_SHOWN_MAX);
  return `This Daybook does not answer as '${name}'. If that is a name or address of its own, start it with --allow-host ${name}.`;
}

/** An address as it is written by itself: without the brackets that IPv6 has in URLs. */
function bare(called: string): string {
  return called.replace(/^\[(.*)\]$/, '$1');
}

/** The addresses that a server is bound to; none before it listens. */
export function boundAddresses(app: FastifyInstance): readonly string[] {
  const bound: readonly (AddressInfo | string)[] = app.addresses();
  return bound.flatMap((each) => (typeof each === 'string' ? [] : [each.address]));
}

/**
 * A check of `Host` headers. Bound to loopback alone, loopback addresses and `localhost` are known; bound wider any
 * address (a page cannot rebind one) and this machine's own name; and always the names and addresses that were told.
 */
export function knownHosts({ addresses, host, allowHosts }: HostRules): (header: string) => boolean {
  const onlyLoopback = addresses.every(isLoopback);
  const told = ['localhost', host, ...allowHosts, ...(onlyLoopback ? [] : [hostname()])];
  // As URLs print them, as that is what they are compared with.
  const names = new Set(told.map((name) => hostOf(isIP(name) === 6 ? `[${name}]` : name) ?? name.toLowerCase()));
  return (header) => {
    const called = hostOf(header);
    if (called === undefined) return false;
    const address = bare(called);
    return names.has(called) || (isIP(address) !== 0 && (!onlyLoopback || isLoopback(address)));
  };
}

/** The name or address in a `Host` header, as URLs print it; undefined when there is more or less in it than that. */
function hostOf(header: string): string | undefined {
  if (!/^[^/?#@\\\s]+$/.test(header)) return undefined;
  const url = URL.parse(`http://${header}`);
  return url === null || url.hostname === '' ? undefined : url.hostname;
}

/** Whether an origin is the host that was called; whoever stands before this server may speak HTTPS. */
function isSameHost(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin);
  if (from === null || host === undefined) return false;
  return from.host === URL.parse(`${from.protocol}//${host}`)?.host && /^https?:$/.test(from.protocol);
}
