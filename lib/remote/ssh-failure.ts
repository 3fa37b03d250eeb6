/** Why a connection could not be made: told apart where it happens, put into words in ssh-error.ts. */

export type FailureKind =
  /** The name does not resolve. */
  | 'dns'
  | 'refused'
  | 'no-route'
  /** The server, or what stands before it, hung up before we were logged in: worth another attempt. */
  | 'dropped'
  | 'timeout'
  | 'host-key'
  /** No algorithm in common. */
  | 'negotiation'
  /** What was sent without waiting did not fit the server: worth another attempt at its own pace. */
  | 'guess'
  | 'auth'
  /** The server accepts a key that is locked by a passphrase. */
  | 'locked'
  | 'aborted'
  | 'other';

export type Stage = 'connect' | 'handshake' | 'login';

export class ConnectFailure extends Error {
  readonly kind: FailureKind;
  readonly stage: Stage;
  /** Labels of the logins that the server has refused on this connection. */
  readonly refused: readonly string[];
  /** Labels of those that it accepted, and wanted more. */
  readonly taken: readonly string[];
  /** `auth`: what the server would take. `locked`: empty. */
  readonly methods: readonly string[];
  /** The login that needs its passphrase. */
  readonly label: string | undefined;
  constructor(
    kind: FailureKind,
    stage: Stage,
    message: string,
    detail: {
      readonly refused?: readonly string[];
      readonly taken?: readonly string[];
      readonly methods?: readonly string[];
      readonly label?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.kind = kind;
    this.stage = stage;
    this.refused = detail.refused ?? [];
    this.taken = detail.taken ?? [];
    this.methods = detail.methods ?? [];
    this.label = detail.label;
  }
}

const BY_CODE: Readonly<Record<string, FailureKind>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  ENETDOWN: 'no-route',
  EHOSTDOWN: 'no-route',
  EADDRNOTAVAIL: 'no-route',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'dropped',
  ECONNABORTED: 'dropped',
  EPIPE: 'dropped',
};

/** A socket's error code as the kind of failure; undefined for codes that are not about the network. */
export function kindOfCode(code: unknown): FailureKind | undefined {
  return typeof code === 'string' ? BY_CODE[code] : undefined;
}
