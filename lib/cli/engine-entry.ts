/** Entry of the bundled engine: the verbs, and the library that a project's own tasks import as `tightbeam`. */
import * as library from '../index.ts';

export * from './command.ts';
export { library };

// A task module is loaded as a module of its own; it must get the very classes that this engine compares with.
Object.defineProperty(globalThis, Symbol.for('tightbeam.library'), { value: library });
