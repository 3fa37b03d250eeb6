/** Keys of a playbook that mean nothing in a runbook: what stands in their place. */

/** By key of a play, a task or a block there. */
const HINTS: Readonly<Record<string, string>> = {
  args: 'its parameters go under with:',
  always: 'write a handler: it runs in any case',
  any_errors_fatal: 'write rollout: { batch, max_failures }',
  async: 'leave it out: a change goes on when the connection is cut, and is watched to its end',
  block: 'write group: NAME, and steps: under it',
  changed_when:
    'leave it out, as tasks look for themselves; a command takes changed: never, creates: or unless: under with:',
  check_mode: 'leave it out: --dry-run is a flag of a run',
  delegate_to: 'write hosts: on a step of its own, and use its outputs',
  environment: 'write env:',
  failed_when: 'write until:, or a step of task assert',
  gather_facts: 'leave it out: facts are read when something looks at them',
  include_tasks: 'write import: FILE',
  import_tasks: 'write import: FILE',
  listen: 'name several handlers under notify:',
  local_action: 'write a step for a host with connection: local',
  loop: 'write foreach:',
  max_fail_percentage: 'write rollout: { batch, max_failures }',
  no_log: 'leave it out: secrets are never shown',
  poll: 'leave it out: a change is watched to its end',
  register: 'leave it out: outputs have names of their own, steps.ID.outputs.NAME',
  rescue: 'write ignore_errors: REASON on the step, or a handler',
  role: 'write import: FILE',
  roles: 'write import: FILE among the steps',
  run_once: 'write once: true',
  serial: 'write rollout: { batch: 5 }',
  strategy: 'leave it out: hosts wait for each other only where needs: says so',
  throttle: 'write lock: NAME',
  vars_files: 'put them into group_vars/ or host_vars/ of the inventory',
  vars_prompt: 'write secrets:, or give --extra-vars',
};

/** Undefined: nobody writes that elsewhere. */
export function foreignHint(key: string): string | undefined {
  if (key.startsWith('with_')) return 'write foreach:';
  return Object.hasOwn(HINTS, key) ? HINTS[key] : undefined;
}
