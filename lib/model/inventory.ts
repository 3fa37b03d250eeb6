/** The machines, as the loader hands them to the engine. */
import type { Place } from '../base/problem.ts';

export interface Become {
  /** Account to act as; default root. */
  readonly user: string;
  readonly method: 'sudo' | 'su' | 'doas';
}

export interface Host {
  readonly name: string;
  readonly address: string;
  /** Undefined: ~/.ssh/config decides, else 22. */
  readonly port?: number;
  readonly user?: string;
  /** Path of a private key, absolute. */
  readonly identity?: string;
  /** Hosts to pass through, outermost first, as `[user@]host[:port]`. */
  readonly jump?: readonly string[];
  readonly connection: 'ssh' | 'local';
  /** What carries SSH: our own client, or the system's ssh program. Undefined: as the command line says, else our own. */
  readonly transport?: 'builtin' | 'openssh';
  /** Lets the host use the agent of the control machine. Undefined: ~/.ssh/config decides, else no. */
  readonly forwardAgent?: boolean;
  readonly become?: Become | false;
  /** All groups, `all` included, nearest last. */
  readonly groups: readonly string[];
  /** Values of the groups and of the host, resolved by precedence. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

export interface Inventory {
  /** Folder or file it came from, absolute. */
  readonly path: string;
  /** In the order of the file. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** Group to host names, in inventory order; `all` is always there. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** known_hosts files that the inventory brings along (`<folder>/known_hosts` when it is there), absolute. */
  readonly knownHosts: readonly string[];
}
