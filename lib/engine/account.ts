/** Which account the session of a host acts as, and which steps act as another one. */
import type { Once } from '../base/once.ts';
import type { Become, Host } from '../model/inventory.ts';
import type { Ref } from '../model/kind.ts';
import type { Project, Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';

/** Flags of the command line: they win over inventory, and runbook and step over both where they say something. */
export interface BecomeFlags {
  readonly become: boolean;
  readonly user: string | undefined;
  readonly method?: Become['method'] | undefined;
}

export interface Accounts {
  /** What the session's shell is started as; undefined: the login account. */
  readonly session: Become | undefined;
  /** The account of a step's commands; undefined: the session's own. LOGIN: the login account. */
  of(step: Step): string | undefined;
}

/** Stands for the login account, whose name only the host knows. */
export const LOGIN = '\0login';

/** One answer for all hosts that say the same of `become` and have the same steps. */
export function accountsOf(project: Project, host: Host, flags: BecomeFlags, once: Once): Accounts {
  const steps = [...project.runbook.steps, ...project.runbook.handlers].filter(
    (step) => step.hosts.has(host.name) && !project.leftOut.has(step.id),
  );
  const { become } = host;
  const said = become ? [become.user, become.method] : [become];
  return once('accounts', [...said, ...steps], () => accountsFor(steps, become, flags));
}

function accountsFor(steps: readonly Step[], become: Host['become'], flags: BecomeFlags): Accounts {
  const wanted = new Map(steps.map((step) => [step.id, becomeOf(step, become, flags)]));
  const users = new Set([...wanted.values()].map((each) => (each ? each.user : LOGIN)));
  const methods = [...wanted.values()].filter((each) => each !== undefined);
  const [first] = methods;
  if (!first) return { session: undefined, of: () => undefined };
  // One account for all: the shell itself is started as it. Several: root's shell, which can act as any.
  const user = users.size === 1 ? first.user : 'root';
  return {
    session: { user, method: first.method },
    of: (step) => {
      const name = wanted.get(step.id)?.user ?? LOGIN;
      return name === user ? undefined : name;
    },
  };
}

function becomeOf(step: Step, own: Host['become'], flags: BecomeFlags): Become | undefined {
  const said = step.become ?? own;
  if (said === false) return undefined;
  const { user, method } = flags;
  if (step.become) return step.become;
  if (said) return { user: user ?? said.user, method: method ?? said.method };
  return flags.become ? { user: user ?? 'root', method: method ?? 'sudo' } : undefined;
}

/**
 * Names the login account where a read is to be made as it. Before the first answer nobody knows that name: such
 * keys stay unread, and are read when a plan asks for them.
 */
export function withAccounts(refs: readonly Ref[], session: Session | undefined): readonly Ref[] {
  if (refs.every(({ user }) => user !== LOGIN)) return refs;
  const login = session?.hello?.login;
  return refs.flatMap((ref) => {
    if (ref.user !== LOGIN) return [ref];
    return login === undefined ? [] : [{ ...ref, user: login }];
  });
}
