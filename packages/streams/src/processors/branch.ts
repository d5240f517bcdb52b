import type { ProcessorSupplier } from '../processor/processor.ts'

export interface BranchRule<K, V> {
  /** The node that heads the branch. */
  readonly childName: string
  /** Undefined for the default branch, which takes what no other did. */
  readonly predicate: ((key: K, value: V) => boolean) | undefined
}

/**
 * Sends each record to the first branch whose predicate holds, else to the default branch, else nowhere.
 * State: none. Null keys and values reach the predicates. A record without a branch is not counted as dropped.
 */
export function branch<K, V>(rules: readonly BranchRule<K, V>[]): ProcessorSupplier<K, V> {
  const conditional = rules.filter(rule => rule.predicate !== undefined)
  const fallback = rules.find(rule => rule.predicate === undefined)
  return context => ({
    process(record) {
      const { key, value } = record
      const taken = conditional.find(rule => rule.predicate!(key, value)) ?? fallback
      if (taken !== undefined) context.forward(record, taken.childName)
    },
  })
}
