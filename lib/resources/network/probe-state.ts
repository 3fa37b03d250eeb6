/** What came of each probe of a host's network. */
import type { State } from '../../model/kind.ts';

/** What came of a probe. */
interface Probed extends State {
  readonly exists: true;
  /** Where it was to start in a guest: why nothing was heard from that: `QEMU guest agent is not running`. */
  readonly unheard?: string;
}

export interface PingState extends Probed {
  readonly kind: 'ping';
  /** Status of ping; 127 when it is not there. */
  readonly rc: number;
  readonly sent: number;
  readonly received: number;
  /** Mean time there and back in milliseconds; 0 without an answer. */
  readonly ms: number;
  /** What went wrong, in ping's words: `message too long, mtu=1370`; empty when nothing was said. */
  readonly error: string;
  /** After a failure: the largest packet in bytes, IP header included, that got through whole; 0 when none did. */
  readonly fits: number;
}

export interface TcpState extends Probed {
  readonly kind: 'tcp';
  /** What made the connection: `nc`, `bash`; empty when there is nothing that can. */
  readonly tool: string;
  readonly outcome: 'open' | 'refused' | 'timeout' | 'unreachable' | 'error';
  /** In the tool's words; empty when open. */
  readonly error: string;
}

export interface HttpState extends Probed {
  readonly kind: 'http';
  /** `curl`, `wget`; empty without either. */
  readonly tool: string;
  /** Status of the answer; 0 without one. */
  readonly status: number;
  /** The first 64 KB. */
  readonly body: string;
  readonly error: string;
}

/** A BGP session was waited for; what became of it stands in the evidence. */
export interface SessionState extends Probed {
  readonly kind: 'session';
  readonly established: boolean;
  /** The AS that the neighbour said it was, in the last message that was refused. */
  readonly peerAs?: number;
  /** What became of a connection to its TCP 179; undefined while the session stands. */
  readonly tcp?: TcpState['outcome'];
}

/** A route of type 2 was waited for; what it says stands in the evidence. */
export interface MachineState extends Probed {
  readonly kind: 'machine';
  readonly known: boolean;
}

export type ProbeState = PingState | TcpState | HttpState | SessionState | MachineState;
