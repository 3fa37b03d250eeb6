/** Endpoints of WireGuard: `name`, `192.0.2.1`, `[2001:db8::1]`, each with or without a port. */
import { formatAddress, type IpAddress, parseAddress } from '../../base/ip-address.ts';

export interface Endpoint {
  /** The address, where it is one and not a name. */
  readonly address: IpAddress | undefined;
  /** Name, or address without brackets. */
  readonly host: string;
  readonly port: number;
}

const NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?)*\.?$/;

/** Undefined for what is no endpoint. An IPv6 address may go without brackets where no port follows. */
export function parseEndpoint(text: string, port: number): Endpoint | undefined {
  const bare = parseAddress(text);
  if (bare) return { address: bare, host: formatAddress(bare), port };
  const [, bracketed, name, given] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = given === undefined ? port : Number(given);
  if (number < 1 || number > 65_535) return undefined;
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed);
    return address?.version === 6 ? { address, host: formatAddress(address), port: number } : undefined;
  }
  if (name === undefined) return undefined;
  const address = parseAddress(name);
  // What ends in a number and is no address cannot be a name either.
  if (!address && (!NAME.test(name) || /(^|\.)\d+$/.test(name))) return undefined;
  return { address, host: address ? formatAddress(address) : name, port: number };
}

/** As wg takes and prints it. */
export function formatEndpoint({ address, host, port }: Endpoint): string {
  return address?.version === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether an endpoint as wg takes it is an address: names are resolved on the host. */
export function isNumeric(endpoint: string): boolean {
  return parseEndpoint(endpoint, 1)?.address !== undefined;
}
