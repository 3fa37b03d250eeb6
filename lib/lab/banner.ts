/** Whether a host's sshd answers. */
import { connect } from 'node:net';

/** True when the other side says `SSH-` within the time, in milliseconds. */
export function hasBanner(address: string, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const end = (answer: boolean): void => {
      if (!answer) socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.once('data', (data) => {
      // Said goodbye to, sshd does not log the look as an error.
      socket.end('SSH-2.0-lab\r\n');
      end(data.toString('latin1').startsWith('SSH-'));
    });
  });
}
