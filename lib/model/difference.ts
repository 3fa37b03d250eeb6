/** Differences between what is and what should be, as data. */

/** One difference, as data; renderers make it readable. */
export type Difference =
  | { readonly kind: 'field'; readonly name: string; readonly from: string; readonly to: string }
  /** Text before and after; null where there is none. Never holds a secret. */
  | {
      readonly kind: 'text';
      readonly path: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /** Content that is not text, or too long to show: size in bytes and a short checksum, null where there is none. */
  | {
      readonly kind: 'binary';
      readonly path: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  /**
   * Secret content: that it changes, never what it is. In a draft both sides are checksums (lib/base/fingerprint.ts); the
   * engine turns them into marks of four hex digits under its key, and leaves them out without one. null: there is none;
   * undefined: nobody knows.
   */
  | {
      readonly kind: 'secret';
      readonly name: string;
      readonly from?: string | null;
      readonly to?: string | null;
    };
