/** The task `pve_storage_download`: an image or a template on a storage of a Proxmox node. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { storageDownload } from '../lib/resources/pve/pve-storage-download.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const ENDINGS = {
  iso: /\.(iso|img)$/i,
  vztmpl: /\.tar\.(gz|xz|zst|bz2)$/i,
  import: /\.(qcow2|raw|vmdk|ova)$/i,
} as const;
const WRITTEN = {
  iso: '.iso or .img',
  vztmpl: '.tar.gz, .tar.xz, .tar.zst or .tar.bz2',
  import: '.qcow2, .raw, .vmdk or .ova',
} as const;

/** Hex digits of a checksum. */
const DIGITS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

export default defineTask({
  summary: 'A disk image, ISO image or template on a storage of Proxmox, fetched by URL with a checksum',
  examples: [
    `
- task: pve_storage_download
  with:
    storage: local
    content: import
    filename: debian-13.qcow2
    url: https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['storage', 'content', 'filename'],
    properties: {
      storage: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$',
        $comment: 'must be the name of a storage',
        description: 'The storage.',
      },
      content: {
        enum: ['iso', 'vztmpl', 'import'],
        description:
          'What it is: an ISO image, a template of containers, or a disk to import (Proxmox 8.3 and later).',
      },
      filename: {
        type: 'string',
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$',
        $comment: 'must be letters, digits, _, - and dots: Proxmox would write anything else otherwise',
        description: 'Its name there. A file of that name is taken for it, whatever it holds.',
      },
      url: {
        type: 'string',
        pattern: '^https?://.+',
        $comment: 'must be a URL of http or https',
        description: 'Where the node fetches it; needed unless state is absent.',
      },
      checksum: {
        type: 'string',
        pattern: '^(md5|sha1|sha224|sha256|sha384|sha512):[0-9A-Fa-f]+$',
        $comment: 'must be an algorithm and hex digits: sha256:9f86…',
        description:
          'What it has to be when it has been fetched: `sha256:…`. A file that is not is not kept.',
      },
      compression: { enum: ['gz', 'lzo', 'zst', 'bz2'], description: 'Of an ISO image: it is unpacked.' },
      verify_certificates: {
        type: 'boolean',
        default: true,
        description: 'Whether the certificate of the server has to be good.',
      },
      state: { ...STATE, description: 'Whether it is there.' },
    },
  },
  check({ content, filename, url, checksum, compression, state }) {
    if (state === 'absent') return [];
    const faults: ParamFault[] = [];
    if (url === undefined)
      faults.push({ path: [], message: 'nobody says where it comes from', hint: 'set url' });
    if (typeof filename === 'string' && Object.hasOwn(ENDINGS, content) && !ENDINGS[content].test(filename))
      faults.push({
        path: ['filename'],
        message: `Proxmox takes no file "${filename}" as content ${content}`,
        hint: `let its name end in ${WRITTEN[content]}`,
      });
    if (compression !== undefined && content !== 'iso')
      faults.push({
        path: ['compression'],
        message: 'Proxmox unpacks ISO images alone',
        hint: 'leave compression out',
      });
    const [, algorithm = '', sum = ''] =
      typeof checksum === 'string' ? (/^([a-z0-9]+):(.*)$/.exec(checksum) ?? []) : [];
    const digits = DIGITS[algorithm];
    if (digits !== undefined && sum.length !== digits)
      faults.push({
        path: ['checksum'],
        message: `a checksum of ${algorithm} has ${digits} hex digits, this one has ${sum.length}`,
        hint: 'copy it again',
      });
    return faults;
  },
  desire({ storage, content, filename, url, checksum, compression, verify_certificates, state = 'present' }) {
    const [algorithm = '', sum = ''] = checksum?.split(':') ?? [];
    return [
      storageDownload({
        storage,
        content,
        filename,
        url,
        checksum: checksum === undefined ? undefined : { algorithm, sum: sum.toLowerCase() },
        compression,
        verifyCertificates: verify_certificates,
        state,
      }),
    ];
  },
});
