/** The SSH carrier of sessions: one connection, one channel, without a terminal. Loads ssh2: import it lazily. */
import { bytesToBuffer } from '../base/bytes.ts';
import { RunError } from '../base/error.ts';
import type { Channel, OpenChannel } from './channel.ts';
import { reach } from './jump.ts';
import { channelOver } from './ssh-channel.ts';
import type { Wire } from './ssh-client.ts';
import { sshContext } from './ssh-context.ts';
import { routeTo } from './ssh-route.ts';
import { sshWorld } from './ssh-world.ts';

/** sshd throws the connection away on commands of some 300 KB, and execve refuses them from 128 KB on. */
const COMMAND_MAX = 100_000;

/**
 * Logs in along ~/.ssh/config, the inventory's jumps and known_hosts, and starts the command. Throws RunError
 * `unreachable` (no session), `invalid` (ssh_config cannot be read), `interrupted` (aborted).
 */
export const openSshChannel: OpenChannel = async (target, command, signal) => {
  if (command.text.length > COMMAND_MAX) {
    throw new RunError('internal', `a remote command of ${command.text.length} bytes is too long`, {
      hint: 'send long text on its stdin',
    });
  }
  const world = (target.ssh ?? sshContext()).world(sshWorld);
  const hops = routeTo(target, world);
  const { wire, release } = await reach(hops, world, signal);
  try {
    const opened = wire.exec(bytesToBuffer(command.text), (stream) => channelOver(stream, wire, release));
    return await startedWithin(opened, wire, target.connectTimeoutMs);
  } catch (error) {
    wire.destroy();
    release();
    const text = error instanceof Error ? error.message : String(error);
    throw new RunError(
      'unreachable',
      `${hops[hops.length - 1]?.label}: logged in, but no command can run: ${text}`,
      {
        hint: 'check MaxSessions, ForceCommand and the shell of the account there',
        cause: error,
      },
    );
  }
};

async function startedWithin(opened: Promise<Channel>, wire: Wire, timeoutMs: number): Promise<Channel> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    wire.onGone((why) => reject(new Error(why ?? 'the connection was closed')));
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([opened, late]);
  } finally {
    clearTimeout(timer);
  }
}
