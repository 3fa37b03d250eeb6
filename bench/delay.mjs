/** TCP proxies that add a round-trip time: one in front of each host. */
import { connect, createServer } from 'node:net';

/** Gives the hosts as they are reached through proxies of so many milliseconds a round trip, and what ends those. */
export async function delayed(hosts, roundTripMs) {
  if (roundTripMs === 0) return { hosts, close: () => undefined };
  const servers = await Promise.all(hosts.map((host) => proxy(host, roundTripMs / 2)));
  return {
    hosts: hosts.map((host, index) => ({
      ...host,
      address: '127.0.0.1',
      port: servers[index].address().port,
    })),
    close() {
      for (const server of servers) server.close();
    },
  };
}

function proxy({ address, port = 22 }, delayMs) {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: address, port, noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs));
      from.on('end', () => setTimeout(() => to.end(), delayMs));
      from.on('error', () => to.destroy());
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
