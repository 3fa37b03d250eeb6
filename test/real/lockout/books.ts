/** Runbooks that are right on all hosts but one: `victim`, which they cut off. */
import type { LabProject } from '../../fixture/lab-run.ts';

export const SECONDS = 8;

const isBad = 'host.name == vars.victim';
const either = (bad: string, good: string): string => `"\${{ ${isBad} ? ${bad} : ${good} }}"`;
const book = (name: string, steps: readonly string[], head = ''): string =>
  `name: ${name}\nhosts: lab\nvars: { victim: roz }\n${head}steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

const rules = (port: number): string =>
  `'flush ruleset\\\\ntable inet mine {\\\\n chain input {\\\\n  type filter hook input priority 0; policy drop;\\\\n  ct state established accept\\\\n  tcp dport ${port} accept\\\\n  udp dport 51820 accept\\\\n }\\\\n}\\\\n'`;

const WALL = [
  `{ id: rules, task: file, with: { path: /etc/nftables.conf, content: ${either(rules(80), rules(22))} } }`,
  '{ id: load, task: service, with: { name: nftables, running: true, enabled: true, restart_on: [/etc/nftables.conf] } }',
];

const INTERFACES = "'auto lo\\\\niface lo inet loopback\\\\nauto eth0\\\\niface eth0 inet static\\\\n'";
const address = (name: string): string =>
  `${INTERFACES} + '  address ' + host.vars.${name} + '/24\\\\n  gateway ' + host.vars.gateway + '\\\\n  mtu 1500\\\\n'`;

const NETWORK =
  "'[Match]\\\\nName=eth0\\\\n[Network]\\\\nLinkLocalAddressing=no\\\\nIPv6AcceptRA=no\\\\nAddress=' + host.vars.own + '/24\\\\nGateway=' + host.vars.gateway";
const NOWHERE = "'\\\\n[Route]\\\\nDestination=' + host.vars.peer + '/32\\\\nType=unreachable\\\\n'";

const settings = (bad: string, good: string): string =>
  `{ id: settings, task: file, with: { path: /etc/ssh/sshd_config.d/site.conf, content: ${either(`'${bad}\\\\n'`, `'${good}\\\\n'`)} } }`;

export const BOOKS: Readonly<Record<string, string>> = {
  wall: book('Wall', WALL, `confirm: ${SECONDS}s\n`),
  // Long enough for a boot to come before it.
  slow: book('Slow wall', WALL, 'confirm: 3m\n'),
  address: book('Address', [
    `{ id: interfaces, task: file, with: { path: /etc/network/interfaces, content: ${either(address('other'), address('own'))} } }`,
    '{ id: between, task: file, with: { path: /srv/between, content: x } }',
    `{ id: load, task: service, confirm: ${SECONDS}s, with: { name: networking, running: true, restart_on: [/etc/network/interfaces] } }`,
  ]),
  route: book('Route', [
    `{ id: network, task: file, with: { path: /etc/systemd/network/eth0.network, content: ${either(`${NETWORK} + ${NOWHERE}`, `${NETWORK} + '\\\\n# good\\\\n'`)} } }`,
    `{ id: load, task: service, confirm: ${SECONDS}s, with: { name: systemd-networkd, running: true, restart_on: [/etc/systemd/network/eth0.network] } }`,
  ]),
  settings: book(
    'Settings',
    [
      settings('AllowUsers nobody', 'PrintMotd no'),
      '{ id: load, task: service, with: { name: ssh, running: true, restart_on: [/etc/ssh/sshd_config.d/site.conf] } }',
    ],
    `confirm: ${SECONDS}s\n`,
  ),
  // Of every sort that an undo finds, and the settings last.
  much: book(
    'Much',
    [
      '{ id: forward, task: sysctl, with: { values: { net.ipv4.ip_forward: 1, net.ipv4.conf.all.log_martians: 1 } } }',
      '{ id: people, task: group, with: { name: people, gid: 7001 } }',
      '{ id: ann, task: user, with: { name: ann, uid: 7001, groups: [people], create_home: false } }',
      '{ id: name, task: hostname, with: { name: renamed } }',
      '{ id: mtu, task: mtu, with: { interfaces: { eth0: 1400 } } }',
      '{ id: wall, task: service, with: { name: nftables, running: true, enabled: true } }',
      '{ id: out, task: service, with: { name: beat, running: false, enabled: false } }',
      settings('PrintMotd no', 'PrintMotd no'),
      '{ id: load, task: service, with: { name: ssh, running: true, restart_on: [/etc/ssh/sshd_config.d/site.conf] } }',
    ],
    `confirm: ${SECONDS}s\n`,
  ),
  stop: book(
    'Stop',
    [
      '{ id: note, task: file, with: { path: /etc/motd.site, content: x } }',
      `{ id: stop, task: service, with: { name: ssh, running: ${either('false', 'true')} } }`,
    ],
    `confirm: ${SECONDS}s\n`,
  ),
  kept: book(
    'Kept',
    ['{ id: kept, task: file, with: { path: /srv/kept, content: x } }'],
    `confirm: ${SECONDS}s\n`,
  ),
  note: book('Note', ['{ id: note, task: file, with: { path: /srv/note, content: x } }']),
  tunnel: book('Tunnel', [
    `{ id: tunnel, task: wireguard, confirm: ${SECONDS}s, with: { private_key: /etc/wireguard/wg0.key, address: "\${{ host.vars.tunnel }}", external_peers: "\${{ ${isBad} ? host.vars.wrong : host.vars.peers }}", mtu: "\${{ vars.mtu }}", userspace: true } }`,
  ]),
};

export const TUNNEL: Readonly<Record<string, string>> = { roz: '10.1.0.1', wro: '10.2.0.1', lub: '10.3.0.1' };

/** Writes the runbooks, keys and inventories: `net` is the lab, `tunnel` has roz behind wro, at its address in the tunnel. */
export async function prepare(project: LabProject): Promise<void> {
  for (const [name, text] of Object.entries(BOOKS)) project.write(`runbooks/${name}.yaml`, text);
  const keys = new Map<string, string>();
  for (const { name } of project.hosts)
    keys.set(
      name,
      (
        await project.byHand(
          name,
          'umask 077; mkdir -p /etc/wireguard; wg genkey >/etc/wireguard/wg0.key; wg pubkey </etc/wireguard/wg0.key',
        )
      ).trim(),
    );
  const gateway = (await project.byHand('roz', 'ip route show default')).split(' ')[2] ?? '';
  const peer = (await project.byHand('roz', 'echo $SSH_CONNECTION')).split(' ')[0] ?? '';
  const others = (host: string, key: (name: string) => string) =>
    Object.fromEntries(
      project.hosts
        .filter(({ name }) => name !== host)
        .map(({ name, address: at }) => [
          name,
          {
            public_key: key(name),
            allowed_ips: [`${TUNNEL[name]}/32`],
            endpoint: `${at}:51820`,
            keepalive: 1,
          },
        ]),
    );
  const strange = (await project.byHand('roz', 'wg genkey | wg pubkey')).trim();
  const inventory = (name: string, change: Readonly<Record<string, object>> = {}) =>
    project.inventory(
      name,
      JSON.stringify({
        hosts: Object.fromEntries(
          project.hosts.map(({ name: host, address: own }) => {
            const other = own.replace(/\d+$/, (last) => String(Number(last) + 100));
            const vars = {
              own,
              other,
              gateway,
              peer,
              tunnel: `${TUNNEL[host]}/32`,
              peers: others(host, (each) => keys.get(each) ?? ''),
              wrong: others(host, (each) => (each === 'wro' ? strange : (keys.get(each) ?? ''))),
            };
            return [
              host,
              { address: own, user: 'root', identity: 'id_ed25519', groups: ['lab'], vars, ...change[host] },
            ];
          }),
        ),
      }),
    );
  inventory('net');
  inventory('tunnel', { roz: { address: TUNNEL.roz, jump: [`root@${project.address('wro')}`] } });
  const known = await import('node:fs').then(({ readFileSync }) =>
    readFileSync(`${project.root}/inventory/lab/known_hosts`, 'utf8'),
  );
  project.write(
    'inventory/tunnel/known_hosts',
    `${known}${known.replaceAll(project.address('roz'), TUNNEL.roz ?? '')}`,
  );
}
