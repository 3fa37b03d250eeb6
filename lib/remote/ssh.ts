/** The SSH carrier of sessions: one connection, one channel, without a terminal. Loads ssh2: import it lazily. */
import { RunError } from '../base/error.ts';
import type { Sh } from '../base/sh.ts';
import type { Channel, OpenChannel } from './channel.ts';
import type { Target } from './contract.ts';
import { reach } from './jump.ts';
import type { Wire } from './ssh-client.ts';
import { sshContext } from './ssh-context.ts';
import { type FirstCommand, firstCommand } from './ssh-first.ts';
import { type Hop, routeTo } from './ssh-route.ts';
import { sshWorld } from './ssh-world.ts';

/** sshd throws the connection away on commands of some 300 KB, and execve refuses them from 128 KB on. */
const COMMAND_MAX = 100_000;

/**
 * Logs in along ~/.ssh/config, the inventory's jumps and known_hosts, and starts the command. Throws RunError
 * `unreachable` (no session), `invalid` (ssh_config cannot be read), `interrupted` (aborted).
 */
export const openSshChannel: OpenChannel = async (target, command, signal) => {
  return start(target, command, signal).ran;
};

/**
 * The same, without waiting for the end of the login: the channel is there as soon as the host has proved who it is,
 * and what is written travels with the login. A login that then fails shows as the channel's end, with its `failure`.
 */
export const openSshAhead: OpenChannel = async (target, command, signal) => {
  const closing = new AbortController();
  const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  const { ran, first } = start(target, command, either);
  const ahead = first.begun.then(() => first.ahead(ran, () => closing.abort()));
  return Promise.race([ran, ahead]);
};

interface Started {
  readonly first: FirstCommand;
  readonly ran: Promise<Channel>;
}

function start(target: Target, command: Sh, signal: AbortSignal | undefined): Started {
  if (command.text.length > COMMAND_MAX) {
    throw new RunError('internal', `a remote command of ${command.text.length} bytes is too long`, {
      hint: 'send long text on its stdin',
    });
  }
  const world = (target.ssh ?? sshContext()).world(sshWorld);
  const hops = routeTo(target, world);
  let release = (): void => undefined;
  const bytes = Buffer.from(command.text, 'latin1');
  const first = firstCommand(bytes, () => release());
  const run = async (): Promise<Channel> => {
    const reached = await reach(hops, world, { signal, first });
    release = reached.release;
    const { wire } = reached;
    // What went out with the login may have ended it by now.
    wire.onGone(release);
    try {
      const started = wire.started ?? wire.exec(bytes, (stream) => first.opening(wire).expect(stream));
      await startedWithin(started, wire, target.connectTimeoutMs);
      return first.running();
    } catch (error) {
      wire.destroy();
      release();
      throw notRunning(hops, error);
    }
  };
  const ran = run();
  ran.catch(() => undefined);
  return { first, ran };
}

function notRunning(hops: readonly Hop[], error: unknown): RunError {
  const text = error instanceof Error ? error.message : String(error);
  return new RunError(
    'unreachable',
    `${hops[hops.length - 1]?.label}: logged in, but no command can run: ${text}`,
    {
      hint: /agent forwarding/.test(text)
        ? 'allow it there (AllowAgentForwarding), or take `forward_agent` or ForwardAgent away'
        : 'check MaxSessions, ForceCommand and the shell of the account there',
      cause: error,
    },
  );
}

async function startedWithin(started: Promise<void>, wire: Wire, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    wire.onGone((why) => reject(new Error(why ?? 'the connection was closed')));
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([started, late]);
  } finally {
    clearTimeout(timer);
  }
}
