/** The names of all facts and their types, so that a misspelt one is found before anything runs. */
import type { Facts } from '../../model/facts.ts';
import { mapOf, TEXT, type Type } from './type.ts';

type Names<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? 'text'
    : T[K] extends number
      ? 'int'
      : T[K] extends readonly string[]
        ? 'texts'
        : Names<T[K]>;
};

/** A word: a value; a map: more names. Checked against the type of the facts by the compiler. */
export const FACT_NAMES: Names<Facts> = {
  os: { id: 'text', version: 'text', codename: 'text', family: 'text' },
  arch: 'text',
  kernel: 'text',
  hostname: 'text',
  init: 'text',
  package_manager: 'text',
  virtualization: 'text',
  addresses: 'texts',
  interfaces: 'texts',
  default_interface: 'text',
  cpus: 'int',
  memory_mb: 'int',
  machine_id: 'text',
  proxmox: 'text',
};

export interface FactTable {
  readonly [name: string]: string | FactTable;
}

function typeOfFacts(table: FactTable): Type {
  const types = Object.entries(table).map(([name, word]) => [
    name,
    typeof word === 'string' ? typeOfWord(word) : typeOfFacts(word),
  ]);
  return mapOf(Object.fromEntries(types));
}

function typeOfWord(word: string): Type {
  return word === 'texts' ? { kind: 'list', item: TEXT } : word === 'int' ? { kind: 'int' } : TEXT;
}

export const FACTS: Type = typeOfFacts(FACT_NAMES as unknown as FactTable);
