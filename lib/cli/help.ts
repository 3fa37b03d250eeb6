/** What `run --help` prints, made from the table of flags. */
import { type Flag, LAB_FLAGS, RUN_FLAGS } from './flag.ts';

export function helpText(): string {
  return `run <runbook> <inventory> [flags]     bring hosts to the state that a runbook declares
run <runbook> <inventory> --dry-run   show what would change; nothing is touched
run lab up|down|status|reboot|clean   real Debian hosts on this machine, to try things on
run --version

  run provision inventory/prod                 runbooks/provision.yaml on every host
  run provision inventory/prod --limit wro     one host again
  run provision inventory/prod --dry-run       for review

Flags
${flagLines(RUN_FLAGS)}

Exit codes
  0 fine · 1 usage or invalid input, nothing was touched · 2 a host failed · 4 a host unreachable
  6 failed and unreachable · 130 interrupted · 143 terminated
`;
}

export function labHelpText(): string {
  return `run lab up [--hosts N]      boot real Debian hosts (roz, wro, …) and write inventory/lab
run lab up --driver uml     the same, each under a kernel of its own: modules, VRF, a clock (slower)
run lab status              what is up
run lab reboot <host>       a true reboot, with a fresh network
run lab down                take everything down
run lab clean               remove the cached base system

Flags
${flagLines(LAB_FLAGS)}
`;
}

function flagLines(flags: readonly Flag[]): string {
  return flags
    .map(({ name, short, value, help }) => {
      const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
      return `  ${left.padEnd(34)}${help}`;
    })
    .join('\n');
}
