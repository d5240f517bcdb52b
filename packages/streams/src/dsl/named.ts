import { checkedName } from './names.ts'

/** The name of a node, where an operator has no other options. */
export class Named {
  private constructor(readonly name: string) {}

  static as(name: string): Named {
    return new Named(checkedName(name))
  }
}
