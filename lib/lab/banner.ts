/** Whether a host's sshd answers. */
import { connect } from 'node:net';

// Once connected, it is there; a host that is busy, or emulated, takes a while to start the process that says so.
const ANSWER_MS = 3000;

/** True when the other side takes the connection within the time, in milliseconds, and says `SSH-` soon after. */
export function hasBanner(address: string, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const end = (answer: boolean): void => {
      if (!answer) socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => end(false));
    socket.once('connect', () => socket.setTimeout(ANSWER_MS));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.once('data', (data) => {
      // Said goodbye to, sshd does not log the look as an error.
      socket.end('SSH-2.0-lab\r\n');
      end(data.toString('latin1').startsWith('SSH-'));
    });
  });
}
