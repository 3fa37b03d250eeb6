/** What waits for what in a runbook, as plain data to draw. */

export interface GraphNode {
  readonly id: string;
  /** Shown large: the step. */
  readonly title: string;
  /** Shown small: its task, and hosts where they are not all. */
  readonly detail: string;
  readonly kind: 'step' | 'handler';
  /** Where every step stands once for each host: the host. */
  readonly host?: string;
}

/**
 * `needs`: the runbook says so; `uses`: an expression or the task looks at an output; `order`: the step before it in
 * the file; `notifies`: a handler is asked for.
 */
export type EdgeKind = 'needs' | 'uses' | 'order' | 'notifies';

export interface GraphEdge {
  /** What comes first. */
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** Which hosts are waited for, where it is not the same one: `@all`, `@roz`; else empty. */
  readonly label: string;
}

export interface Graph {
  readonly title: string;
  /** In the order of the file; those of one host together. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
