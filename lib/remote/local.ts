/** The control machine as a host: /bin/sh in a process of its own, started through zx. */
import { once } from 'node:events';
import { $ } from 'zx/core';
import type { Channel, ChannelEnd, OpenChannel } from './channel.ts';

/**
 * `detached` (zx's default) puts the shell into a session of its own, so that Ctrl-C at the terminal reaches us
 * alone and we end it in order.
 */
export const openLocalChannel: OpenChannel = async (_target, command) => {
  const run = $({
    shell: '/bin/sh',
    prefix: '',
    postfix: '',
    quote: (text: string) => text,
    stdio: 'pipe',
    nothrow: true,
    quiet: true,
    detached: true,
    cwd: '/',
  });
  const text = Buffer.from(command.text, 'latin1').toString('utf8');
  const shell = run`${text}`;
  let ended: ChannelEnd | undefined;
  const listeners: ((end: ChannelEnd) => void)[] = [];
  const over = shell.then((output) => {
    ended = output.exitCode === null ? {} : { rc: output.exitCode };
    for (const listener of listeners) listener(ended);
  });
  shell.stdin.on('error', () => undefined);
  return {
    async write(data) {
      if (ended || shell.stdin.destroyed || shell.stdin.write(data)) return;
      await Promise.race([once(shell.stdin, 'drain'), over]).catch(() => undefined);
    },
    onOut: (listener) => void shell.stdout.on('data', listener),
    onErr: (listener) => void shell.stderr.on('data', listener),
    onEnd(listener) {
      if (ended) listener(ended);
      else listeners.push(listener);
    },
    async close() {
      shell.stdin.end();
      await over;
    },
  } satisfies Channel;
};
