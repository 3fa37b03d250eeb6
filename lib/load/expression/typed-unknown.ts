/** A value that is not known yet whose type is: facts and outputs before anybody has connected. */
import { Unknown } from '../../base/unknown.ts';
import { ANY, type Type } from './type.ts';

/**
 * Names need no declaration: what an expression sees in its scope is its type. A value that is known has the type that
 * it shows. One that is not known yet says its type here; a bare Unknown may be anything. Whoever adds a name to the
 * scope of a trial (`item`, `inputs`) puts the value there, or `new TypedUnknown('the item', typeOfSchema(schema))`, and
 * all checks follow: names within it, operators, functions, conditions and the parameter it is given to.
 */
export class TypedUnknown extends Unknown {
  readonly type: Type;
  constructor(because: string, type: Type) {
    super(because);
    this.type = type;
  }
}

export function typeOfUnknown(value: Unknown): Type {
  return value instanceof TypedUnknown ? value.type : ANY;
}
