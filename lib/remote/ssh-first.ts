/** The first command on a connection, and what is written to it while nobody has said yet that it runs. */
import { RunError } from '../base/error.ts';
import type { Channel } from './channel.ts';
import type { ExecStream } from './ssh-auth.ts';
import { channelOver } from './ssh-channel.ts';
import type { Wire } from './ssh-client.ts';
import { EARLY_BYTES, type Opening } from './ssh-early.ts';

export interface FirstCommand {
  /** For a login; several are made one after another where the first ones fail. */
  opening(wire: Wire): Opening;
  /** Resolves once the command has gone out; what is written travels with the login from then on. */
  readonly begun: Promise<void>;
  /** To be called when it runs: the channel, on which all that was written before arrives exactly once. */
  running(): Channel;
  /** The channel before it runs. `ran` settles as the login does; `abort` ends the login. */
  ahead(ran: Promise<Channel>, abort: () => void): Channel;
}

/** `release` is called when the connection on which the command runs is gone. */
export function firstCommand(command: Buffer, release: () => void): FirstCommand {
  const written: Buffer[] = [];
  let current: Channel | undefined;
  let taken = 0;
  let runs = false;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const flush = (): void => {
    let skip = taken;
    for (const chunk of written) {
      const piece = chunk.subarray(skip, runs ? undefined : skip + EARLY_BYTES - taken);
      skip = Math.max(0, skip - chunk.length);
      if (piece.length === 0) continue;
      taken += piece.length;
      void current?.write(piece);
    }
  };
  return {
    begun,
    opening: (wire) => ({
      command,
      expect(stream: ExecStream) {
        current = channelOver(stream, wire, release);
        taken = 0;
        flush();
        begin();
      },
      retract() {
        current = undefined;
      },
    }),
    running() {
      if (!current) throw new TypeError('a command runs only after it was started');
      runs = true;
      flush();
      written.length = 0;
      return current;
    },
    ahead: (ran, abort) => ({
      async write(data) {
        if (runs) return current?.write(data);
        written.push(data);
        if (current) flush();
        await ran.catch(() => undefined);
      },
      onOut: (listener) => void ran.then((channel) => channel.onOut(listener)).catch(() => undefined),
      onErr: (listener) => void ran.then((channel) => channel.onErr(listener)).catch(() => undefined),
      onEnd(listener) {
        ran.then(
          (channel) => channel.onEnd(listener),
          (error) => listener(failedEnd(error)),
        );
      },
      async close(quiet) {
        abort();
        await ran.then((channel) => channel.close(quiet)).catch(() => undefined);
      },
    }),
  };
}

function failedEnd(error: unknown) {
  const failure =
    error instanceof RunError ? error : new RunError('internal', String(error), { cause: error });
  return { error: failure.message, failure };
}
