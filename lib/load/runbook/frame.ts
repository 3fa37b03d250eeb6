/** The files of a runbook: its own, and one more for each import, in which `steps`, `vars` and `needs` mean its own. */
import type { MapNode } from '../source/node.ts';

export interface Frame {
  /** `` for the runbook itself, `net.` for what the import `net` brings: put before the ids of its steps. */
  readonly prefix: string;
  readonly top: MapNode;
  /** Absolute path of the file. */
  readonly path: string;
  readonly folder: string;
  /** Where it is imported; undefined for the runbook itself. */
  readonly from: Layer | undefined;
}

/** A group or an import: what it says counts for all steps within. */
export interface Layer {
  readonly kind: 'group' | 'import';
  /** Its id in the file that says it; undefined for a group that has a title alone. */
  readonly name: string | undefined;
  /** The entry. */
  readonly node: MapNode;
  /** The file that says it. */
  readonly frame: Frame;
  /** Layers around it, outermost first. */
  readonly within: readonly Layer[];
  /** Hosts it is for, those of the layers around it at most. */
  readonly hosts: ReadonlySet<string>;
  /** What an import brings; undefined where its file cannot be used, which has been reported. */
  readonly inner: Frame | undefined;
}
