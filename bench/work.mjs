/** The work that is measured, written once and told to each tool in its own language: a runbook, a playbook, a script. */

const text = (index) =>
  `# Setting ${index} of the service, as long as such files are.\nvalue = ${index}\nmode = strict\n`;
const files = (count, folder) =>
  Array.from({ length: count }, (_, index) => ({
    path: `${folder}/setting-${index}.conf`,
    content: text(index),
  }));

/** All of Debian's base: what is measured is looking, not installing. */
const PACKAGES =
  'apt bash ca-certificates coreutils dbus dpkg findutils grep gzip hostname iproute2 kmod login mount openssh-server passwd procps sed sudo tar'.split(
    ' ',
  );
const UNITS = ['ssh', 'dbus', 'dbus.socket', 'systemd-journald', 'systemd-journald.socket'];
const SYSCTLS = Object.entries({
  'net.ipv4.ip_forward': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.all.send_redirects': 0,
});

/** What each piece of work consists of. `twenty`: 20 tasks. `full`: 131 resources. `fresh`: 50 files that are not there. */
export const WORKS = {
  twenty: {
    folder: '/srv/bench20',
    files: files(12, '/srv/bench20'),
    packages: PACKAGES.slice(0, 3),
    units: UNITS.slice(0, 2),
    sysctls: SYSCTLS.slice(0, 2),
    user: 'nora',
  },
  full: {
    folder: '/srv/bench131',
    files: files(100, '/srv/bench131'),
    packages: PACKAGES,
    units: UNITS,
    sysctls: SYSCTLS,
    user: 'nora',
  },
  fresh: { folder: '/srv/bench50', files: files(50, '/srv/bench50'), packages: [], units: [], sysctls: [] },
};

const list = (items) => `[${items.join(', ')}]`;

export function runbook(name) {
  const { folder, files: all, packages, units, sysctls, user } = WORKS[name];
  const steps = [
    `{ id: folder, task: directory, with: { path: ${folder}, mode: "0755" } }`,
    ...(packages.length > 0 ? [`{ id: packages, task: package, with: { names: ${list(packages)} } }`] : []),
    ...(user ? [`{ id: person, task: user, with: { name: ${user}, shell: /bin/bash } }`] : []),
    ...all.map(
      ({ path, content }, index) =>
        `{ id: file_${index}, task: file, with: { path: ${path}, content: ${JSON.stringify(content)}, mode: "0644" } }`,
    ),
    ...sysctls.map(
      ([key, value], index) =>
        `{ id: kernel_${index}, task: sysctl, with: { file: /etc/sysctl.d/90-bench.conf, values: { ${key}: ${value} } } }`,
    ),
    ...units.map(
      (unit, index) => `{ id: unit_${index}, task: service, with: { name: ${unit}, running: true } }`,
    ),
  ];
  return `name: ${name}\nhosts: all\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
}

export function playbook(name) {
  const { folder, files: all, packages, units, sysctls, user } = WORKS[name];
  const tasks = [
    `file: { path: ${folder}, state: directory, mode: "0755" }`,
    ...(packages.length > 0 ? [`apt: { name: ${list(packages)}, state: present }`] : []),
    ...(user ? [`user: { name: ${user}, shell: /bin/bash }`] : []),
    ...all.map(
      ({ path, content }) => `copy: { dest: ${path}, content: ${JSON.stringify(content)}, mode: "0644" }`,
    ),
    ...sysctls.map(
      ([key, value]) =>
        `ansible.posix.sysctl: { name: ${key}, value: "${value}", sysctl_file: /etc/sysctl.d/90-bench.conf, sysctl_set: true }`,
    ),
    ...units.map((unit) => `systemd: { name: ${unit}, state: started }`),
  ];
  return `- hosts: all\n  gather_facts: true\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
}

/** What somebody writes by hand to see whether all is in place: one look at each sort of thing. */
export function script(name) {
  const { files: all, packages, units, sysctls, user } = WORKS[name];
  const paths = all.map(({ path }) => path).join(' ');
  return [
    `stat -c '%n %a %U %G' ${paths}`,
    `sha256sum ${paths}`,
    ...(packages.length > 0 ? [`dpkg-query -W ${packages.join(' ')}`] : []),
    ...(units.length > 0 ? [`systemctl show -p Id -p ActiveState ${units.join(' ')}`] : []),
    ...(sysctls.length > 0 ? [`sysctl ${sysctls.map(([key]) => key).join(' ')}`] : []),
    ...(user ? [`getent passwd ${user}`] : []),
    '',
  ].join('\n');
}

/** The end state of the work on a host, as text: the same for every tool that has done it. */
export function endState(name) {
  const { folder, sysctls, user } = WORKS[name];
  return [
    `find ${folder} -printf '%p %y %m %u %g\\n' | sort`,
    `find ${folder} -type f -exec sha256sum {} + | sort`,
    ...(sysctls.length > 0
      ? [
          `sysctl ${sysctls.map(([key]) => key).join(' ')}`,
          "sed 's/ *= */=/' /etc/sysctl.d/90-bench.conf | sort",
        ]
      : []),
    ...(user ? [`getent passwd ${user} | cut -d : -f 1,6,7`] : []),
  ].join('; ');
}

/** Takes the work's traces from a host, so that the next tool begins where the last one did. */
export function undo(name) {
  const { folder, user } = WORKS[name];
  return `rm -rf ${folder} /etc/sysctl.d/90-bench.conf; ${user ? `userdel -r ${user} 2>/dev/null;` : ''} :`;
}
