/** `run lab …`: real Debian hosts on this machine. */
import { relative, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { findRoot } from '../load/source/root.ts';
import type { Args } from './args.ts';

const VERBS = ['up', 'down', 'status', 'reboot', 'clean'];

export async function labCommand(args: Args): Promise<number> {
  const [verb = '', host, ...rest] = args.positionals;
  if (!VERBS.includes(verb)) {
    const hint = didYouMean(verb, VERBS);
    throw new RunError('invalid', `no lab command "${verb}"`, hint === undefined ? {} : { hint });
  }
  if (rest.length > 0 || (host !== undefined && verb !== 'reboot')) {
    throw new RunError('invalid', `too many words after lab ${verb}`, { hint: 'run lab --help' });
  }
  const project = args.value('project');
  const root = labRoot(project);
  const log = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  switch (verb) {
    case 'up':
      return up(args, root, log);
    case 'status':
      return status(args, root);
    case 'down': {
      const { labDown } = await import('../lab/down.ts');
      const was = await labDown({ root, log });
      process.stdout.write(was ? 'the lab is down\n' : 'there was no lab\n');
      return 0;
    }
    case 'clean': {
      const { labClean } = await import('../lab/clean.ts');
      process.stdout.write(
        (await labClean({ log })) ? 'the base system is removed\n' : 'there was no base system\n',
      );
      return 0;
    }
    default:
      return reboot(host, root, log);
  }
}

function labRoot(project: string | undefined): string {
  return project === undefined ? (findRoot(process.cwd()) ?? process.cwd()) : resolve(project);
}

async function up(args: Args, root: string, log: (line: string) => void): Promise<number> {
  const { labUp } = await import('../lab/up.ts');
  const { DRIVERS, isDriver } = await import('../lab/lab.ts');
  const hosts = args.value('hosts');
  if (hosts !== undefined && !/^[1-9][0-9]?$/.test(hosts)) {
    throw new RunError('invalid', `--hosts takes a number from 1 to 99, not "${hosts}"`);
  }
  const driver = args.value('driver');
  if (driver !== undefined && !isDriver(driver)) {
    const hint = didYouMean(driver, DRIVERS);
    throw new RunError(
      'invalid',
      `--driver takes ${DRIVERS.join(' or ')}, not "${driver}"`,
      hint ? { hint } : {},
    );
  }
  const made = await labUp({
    root,
    log,
    noInstall: args.has('no-install'),
    ...(hosts === undefined ? {} : { hosts: Number(hosts) }),
    ...(driver === undefined ? {} : { driver }),
  });
  const { hosts: list, inventory, booted } = made;
  const where = relative(process.cwd(), inventory) || inventory;
  if (args.has('json')) {
    process.stdout.write(`${JSON.stringify({ inventory, driver: made.driver, booted, hosts: list })}\n`);
    return 0;
  }
  for (const { name, address } of list) process.stdout.write(`${name.padEnd(8)} ${address}\n`);
  process.stdout.write(`inventory: ${where}\nnext: run provision ${where} --dry-run\n`);
  return 0;
}

async function status(args: Args, root: string): Promise<number> {
  const { labStatus } = await import('../lab/status.ts');
  const hosts = await labStatus(root);
  if (args.has('json')) {
    process.stdout.write(`${JSON.stringify(hosts)}\n`);
    return 0;
  }
  if (hosts.length === 0) process.stdout.write('no lab here; run lab up makes one\n');
  for (const { name, address, driver, state, uptimeSeconds } of hosts) {
    process.stdout.write(
      `${name.padEnd(8)} ${address.padEnd(16)} ${driver.padEnd(10)} ${state}${uptimeSeconds === undefined ? '' : `  up ${Math.round(uptimeSeconds)} s`}\n`,
    );
  }
  return 0;
}

async function reboot(host: string | undefined, root: string, log: (line: string) => void): Promise<number> {
  if (host === undefined) throw new RunError('invalid', 'which host?', { hint: 'run lab reboot <host>' });
  const { labReboot } = await import('../lab/reboot.ts');
  await labReboot({ root, log, host });
  process.stdout.write(`${host} has rebooted\n`);
  return 0;
}
