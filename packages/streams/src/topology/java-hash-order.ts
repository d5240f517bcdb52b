/**
 * Kafka Streams prints sets of names in the order of Java's HashMap: by slot of the table, in one slot by age. The same
 * text needs the same order.
 */

const FIRST_TABLE_SLOTS = 16
const LOAD_FACTOR = 0.75

/** How the set was filled: name by name (the table doubles when it is ¾ full), or copied (the table is sized at once). */
export type JavaSetOrigin = 'filled' | 'copied'

/** `names` are distinct, in the order they were put in. */
export function javaHashOrder(names: Iterable<string>, origin: JavaSetOrigin = 'filled'): string[] {
  const ordered = [...names]
  let slots = FIRST_TABLE_SLOTS
  const needed = origin === 'filled' ? ordered.length / LOAD_FACTOR : Math.trunc(ordered.length / LOAD_FACTOR) + 1
  while (slots < needed) slots *= 2
  const slotOf = new Map(ordered.map(name => [name, spreadHash(name) & (slots - 1)]))
  return ordered.sort((one, other) => slotOf.get(one)! - slotOf.get(other)!)
}

/** `String.hashCode`, its high half folded into the low one. */
function spreadHash(name: string): number {
  let hash = 0
  for (let index = 0; index < name.length; index++) hash = (Math.imul(31, hash) + name.charCodeAt(index)) | 0
  return hash ^ (hash >>> 16)
}
