/** An image or a template on a storage, fetched by the node itself from a URL. */

import { join } from '../../base/sh.ts';
import type { Draft, Resource } from '../../model/resource.ts';
import { ownBack } from './pve-back.ts';
import { callTask } from './pve-call.ts';
import { pveKind, pveRef } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState } from './pve-state.ts';

export interface DownloadWish {
  readonly storage: string;
  readonly content: 'iso' | 'vztmpl' | 'import';
  readonly filename: string;
  readonly state: 'present' | 'absent';
  readonly url: string | undefined;
  /** `sha256` and the like, and what it has to be in hex. */
  readonly checksum: { readonly algorithm: string; readonly sum: string } | undefined;
  readonly verifyCertificates: boolean | undefined;
  readonly compression: string | undefined;
}

export function storageDownload(wish: DownloadWish): Resource<PveState, PveHint> {
  const { storage, content, filename } = wish;
  const volume = `${storage}:${content}/${filename}`;
  const list = `/nodes/@node/storage/${storage}/content`;
  return {
    ...pveRef('', { from: 'list', path: list, property: 'volid', name: volume }),
    key: `pve:${list}/${volume}`,
    kind: pveKind,
    title: `pve:${volume}`,
    plan(state, _, now) {
      if (wish.state === 'absent') return state.exists ? remove(wish, volume, state) : null;
      return state.exists ? null : download(wish, volume, now);
    },
  };
}

function download(wish: DownloadWish, volume: string, now: number): Draft<PveState> {
  const { storage, content, filename, url = '', checksum, verifyCertificates, compression } = wish;
  const own = ownBack(now, {
    restore: callTask('delete', `/nodes/@node/storage/${storage}/content/${volume}`),
  });
  const options = {
    content,
    filename,
    url,
    ...(checksum === undefined ? {} : { checksum: checksum.sum, 'checksum-algorithm': checksum.algorithm }),
    ...(compression === undefined ? {} : { compression }),
    ...(verifyCertificates === false ? { 'verify-certificates': 0 } : {}),
  };
  return {
    action: 'create',
    summary: `download ${filename}`,
    diff: Object.entries(options).map(([name, to]) => ({ kind: 'field', name, from: '', to: String(to) })),
    after: { exists: true, value: { volid: volume, content }, digest: '' },
    run: join([callTask('create', `/nodes/@node/storage/${storage}/download-url`, options), own.made]),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: own.back,
    limitMs: 7_200_000,
  };
}

function remove({ storage, filename }: DownloadWish, volume: string, state: PveState): Draft<PveState> {
  return {
    action: 'delete',
    summary: `delete ${filename}`,
    diff: [{ kind: 'field', name: 'size', from: String(fieldsOf(state).size ?? ''), to: '' }],
    after: { ...state, exists: false, value: {} },
    run: callTask('delete', `/nodes/@node/storage/${storage}/content/${volume}`),
    effects: [],
    opaque: false,
    inverse: 'no',
    limitMs: 600_000,
  };
}
