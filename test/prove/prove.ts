/**
 * `npm run prove -- chain|proxmox [flags of run prove]`: `run prove` on the built-in tasks, killed at every change. `chain`: every task that a
 * container can carry out, on two hosts; `proxmox`: every task of Proxmox, on a host that the runbook itself makes a node
 * (the stand-in). Projects and tallies: `.run/prove-chain/`, `.run/prove-proxmox/`.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyBundle } from '../fixture/lab-run.ts';
import { ENV, everyTask, FIRST, lifeWithEveryTask, SECRETS } from '../fixture/pve/every-task.ts';

const PACKAGES = 'wireguard-tools,wireguard-go,nftables,frr,frr-pythontools,cron,nginx-light,wget';
const NODE = '${{ host.name }}';

const subjects: Readonly<
  Record<string, { prepare(runbooks: string): void; readonly words: readonly string[] }>
> = {
  chain: {
    prepare(runbooks) {
      for (const name of ['chain.yaml', 'files'])
        cpSync(join('test/real/exact', name), join(runbooks, name), { recursive: true });
    },
    words: ['--hosts', '2', '--packages', PACKAGES],
  },
  proxmox: {
    prepare(runbooks) {
      mkdirSync(join(runbooks, 'files'), { recursive: true });
      writeFileSync(
        join(runbooks, 'files/life.sh'),
        `#!/bin/sh\n${lifeWithEveryTask('9.1.1')}\ntouch /srv/is-node\n`,
      );
      const life = `  - { id: script, task: copy, with: { src: files/life.sh, dest: /srv/life.sh, mode: "0755" } }
  - { id: life, task: command, with: { argv: [/srv/life.sh], creates: /srv/is-node } }
`;
      const head = `name: Proxmox\nhosts: all\nbecome: true\n${SECRETS}steps:\n`;
      writeFileSync(join(runbooks, 'proxmox.yaml'), `${head}${life}${everyTask(NODE, FIRST)}`);
    },
    words: ['--hosts', '1'],
  },
};

const [name = '', ...flags] = process.argv.slice(2);
const subject = subjects[name];
if (!subject) {
  console.error(`npm run prove -- ${Object.keys(subjects).join('|')} [flags of run prove]`);
  process.exit(1);
}
const project = join(process.cwd(), '.run', `prove-${name}`);
const runbooks = join(project, 'runbooks');
mkdirSync(runbooks, { recursive: true });
subject.prepare(runbooks);
// What is built meanwhile does not change what is proved.
rmSync(join(project, 'package'), { recursive: true, force: true });
const cli = await copyBundle(join(project, 'package'));
const child = spawn(process.execPath, [cli, 'prove', name, 'lab', ...subject.words, ...flags], {
  cwd: project,
  env: { ...process.env, ...ENV },
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
