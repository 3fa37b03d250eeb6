/** Hops and their settings: what the inventory says, what ssh_config says, and what is left to the defaults. */
import { RunError } from '../../lib/base/error.ts';
import type { Target } from '../../lib/remote/contract.ts';
import type { HostSettings } from '../../lib/remote/ssh-config.ts';
import { parseStop, routeTo } from '../../lib/remote/ssh-route.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ssh route');
const target: Target = {
  name: 'roz',
  address: 'roz.example.net',
  connection: 'ssh',
  connectTimeoutMs: 10_000,
  silenceTimeoutMs: 30_000,
  hostKeyPolicy: 'strict',
  knownHosts: ['/inv/known_hosts'],
};

function route(settings: Partial<HostSettings>, change: Partial<Target> = {}) {
  return routeTo(
    { ...target, ...change },
    {
      home: '/home/me',
      user: 'me',
      env: { SSH_AUTH_SOCK: '/run/agent', WHERE: '/elsewhere' },
      config: ({ host }) => ({
        identityFiles: [],
        certificateFiles: [],
        identitiesOnly: false,
        hashKnownHosts: false,
        ...(host === target.address ? settings : {}),
      }),
    },
  );
}

test('the inventory wins over ssh_config, which wins over the defaults', () => {
  assert.is(route({})[0]?.label, 'me@roz.example.net');
  assert.is(route({ user: 'cfg', port: 2022 })[0]?.label, 'cfg@roz.example.net:2022');
  assert.is(route({ user: 'cfg', port: 2022 }, { user: 'inv', port: 22 })[0]?.label, 'inv@roz.example.net');
});

test('paths know ~, % signs and the environment', () => {
  const hop = route(
    {
      hostName: '%h.internal',
      identityFiles: ['~/.ssh/%r@%h-%p', '%d/k', '${WHERE}/100%%'],
      userKnownHosts: ['~/kh', 'none'],
      globalKnownHosts: ['/g'],
    },
    { user: 'root' },
  )[0];
  assert.equal(hop?.identityFiles, [
    '/home/me/.ssh/root@roz.example.net.internal-22',
    '/home/me/k',
    '/elsewhere/100%',
  ]);
  assert.equal(hop?.knownHosts, ['/inv/known_hosts', '/home/me/kh', '/g']);
  assert.throws(() => route({ identityFiles: ['%C'] }), /%C in "%C" is not supported/);
  assert.throws(() => route({ identityFiles: ['${NOPE}/x'] }), /\$\{NOPE\}/);
});

test('the agent: of the environment, another one, or none', () => {
  assert.is(route({})[0]?.agent, '/run/agent');
  assert.is(route({ identityAgent: 'none' })[0]?.agent, undefined);
  assert.is(route({ identityAgent: '~/sock' })[0]?.agent, '/home/me/sock');
  assert.is(route({ identityAgent: '$WHERE' })[0]?.agent, '/elsewhere');
  assert.is(route({ identityAgent: 'SSH_AUTH_SOCK' })[0]?.agent, '/run/agent');
});

test('time limits of ssh_config shorten ours and never lengthen them', () => {
  assert.is(route({ connectTimeoutMs: 3000 })[0]?.timeoutMs, 3000);
  assert.is(route({ connectTimeoutMs: 60_000 })[0]?.timeoutMs, 10_000);
});

test('jumps of the inventory stand in for those of ssh_config', () => {
  assert.equal(
    route({ proxyJump: ['cfg'] }).map((hop) => hop.label),
    ['me@cfg', 'me@roz.example.net'],
  );
  assert.equal(
    route({ proxyJump: ['cfg'] }, { jump: ['a', 'root@b:2222'] }).map((hop) => hop.label),
    ['me@a', 'root@b:2222', 'me@roz.example.net'],
  );
  assert.equal(route({ proxyJump: ['cfg'] }, { jump: [] }).length, 1);
});

test('jump texts', () => {
  assert.equal(parseStop('host', 'x'), { host: 'host' });
  assert.equal(parseStop('u@[2001:db8::1]:2200', 'x'), { host: '2001:db8::1', user: 'u', port: 2200 });
  assert.equal(parseStop('ssh://u@h:22', 'x'), { host: 'h', user: 'u', port: 22 });
  for (const bad of ['', 'a:b', 'h:0', 'h:70000', '2001:db8::1', 'u@']) {
    assert.throws(
      () => parseStop(bad, 'roz'),
      (error: unknown) => error instanceof RunError && /roz: jump/.test(error.message),
    );
  }
});

test('ProxyCommand belongs to the first stop, with its signs replaced and nothing else touched', () => {
  const proxyCommand = 'sh -c "echo ~ ${HOME}" %h %p %r %%';
  assert.is(
    route({ proxyCommand, port: 2200, hostName: 'inner' })[0]?.proxyCommand,
    'sh -c "echo ~ ${HOME}" inner 2200 me %',
  );
});

test('the agent is forwarded to the last stop alone, and the inventory has the last word', () => {
  const hops = route({ forwardAgent: true, proxyJump: ['gate'] });
  assert.equal(
    hops.map(({ forwardAgent }) => forwardAgent),
    [false, true],
  );
  assert.is(route({ forwardAgent: true }, { forwardAgent: false })[0]?.forwardAgent, false);
  assert.is(route({}, { forwardAgent: true })[0]?.forwardAgent, true);
  assert.is(route({ forwardAgent: '~/agent' })[0]?.forwardAgent, '/home/me/agent');
});
