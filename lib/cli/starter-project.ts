/** The files of a new project, by path. */
import { starterTask } from './starter-task.ts';

/** Where the example puts its text: no account needs to be root for it. */
const GREETING = '/tmp/greeting';

export function starterProject(): ReadonlyMap<string, string> {
  const task = starterTask('greeting', 'project');
  return new Map([
    ['run.yaml', RUN_YAML],
    ['runbooks/hello.yaml', HELLO],
    ['inventory/local.yaml', LOCAL],
    ['inventory/prod/hosts.yaml', PROD],
    ['tasks/greeting.ts', task.module],
    ['tasks/tsconfig.json', TASKS_CONFIG],
    ['test/cases/greeting.yaml', task.cases],
    ['.gitignore', IGNORED],
    ['.vscode/settings.json', VSCODE],
  ]);
}

const RUN_YAML = `# The root of the project. Defaults of flags may stand here: \`run config\` lists them.
`;

const HELLO = `# yaml-language-server: $schema=../.run/schema/runbook.json
name: Hello
hosts: all
vars:
  who: world
steps:
  - id: greeting
    task: greeting
    with:
      path: ${GREETING}
      text: "Hello, \${{ vars.who }}! This is \${{ facts.hostname }}, \${{ facts.os.id }} \${{ facts.os.version }}."
    notify: [shown]
handlers:
  - id: shown
    task: command
    with: { argv: [cat, ${GREETING}], changed: never }
`;

const LOCAL = `# This machine, without SSH.
hosts:
  here: { connection: local }
`;

const PROD = `# Your own hosts. The address below is one that nobody has: put yours there.
hosts:
  web1: { address: 192.0.2.10, user: root, groups: [web] }
groups:
  web: { vars: {} }
`;

/** As esbuild reads the modules; \`types: []\`: tasks do no I/O, and need no types of Node. */
export const TASKS_CONFIG = `{
  // Where \`tightbeam\` is on this machine: \`run test\`, or any run, writes that file.
  "extends": "../.run/tsconfig.json",
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "ESNext",
    "moduleResolution": "bundler",
    "moduleDetection": "force",
    "types": [],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["."]
}
`;

const IGNORED = `.run/
inventory/lab/
node_modules/
*.key
*.pem
id_ed25519
id_rsa
`;

const VSCODE = `{
  "yaml.schemas": {
    "./.run/schema/runbook.json": ["runbooks/*.yaml", "runbooks/*.yml"],
    "./.run/schema/inventory.json": ["inventory/*.yaml", "inventory/*/hosts.yaml"],
    "./.run/schema/config.json": ["run.yaml"]
  }
}
`;
