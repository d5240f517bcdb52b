import { type BranchRule, branch } from '../processors/branch.ts'
import { passThrough } from '../processors/pass-through.ts'
import { ONLY_FORWARDED, READ_AND_FORWARDED } from '../topology/field-use.ts'
import { LogicalNode } from './logical-graph.ts'
import type { StreamOrigin } from './origin.ts'
import type { BranchedKStream, BranchOptions, KStream, Predicate } from './streams-and-tables.ts'

export class BranchedStream<K, V> implements BranchedKStream<K, V> {
  readonly #origin: StreamOrigin<K, V>
  readonly #splitter: LogicalNode
  readonly #rules: BranchRule<K, V>[] = []
  readonly #branches = new Map<string, KStream<K, V>>()

  constructor(origin: StreamOrigin<K, V>, name: string | undefined) {
    this.#origin = origin
    const { graph } = origin.dsl
    const rules = this.#rules
    this.#splitter = graph.add(
      origin.node,
      new LogicalNode(graph.names.processorOr(name, 'KSTREAM-BRANCH-'), {
        kind: 'processor',
        processing: {
          resolve: () => ({ supplier: branch(rules), key: READ_AND_FORWARDED, value: READ_AND_FORWARDED }),
        },
      }),
    )
  }

  branch(predicate: Predicate<K, V>, branched?: BranchOptions<K, V>): this {
    this.#add(predicate, branched, this.#rules.length + 1)
    return this
  }

  defaultBranch(branched?: BranchOptions<K, V>): ReadonlyMap<string, KStream<K, V>> {
    this.#add(undefined, branched, 0)
    return this.#branches
  }

  noDefaultBranch(): ReadonlyMap<string, KStream<K, V>> {
    return this.#branches
  }

  #add(predicate: Predicate<K, V> | undefined, branched: BranchOptions<K, V> | undefined, position: number): void {
    const { dsl } = this.#origin
    const name = this.#splitter.name + (branched?.name ?? position)
    dsl.graph.names.processor(name) // Kafka Streams takes a number here and makes no use of it
    this.#rules.push({ childName: name, predicate })
    const head = new LogicalNode(name, {
      kind: 'processor',
      processing: { resolve: () => ({ supplier: passThrough(), key: ONLY_FORWARDED, value: ONLY_FORWARDED }) },
    })
    const stream = dsl.stream({ ...this.#origin, node: dsl.graph.add(this.#splitter, head) })
    const result = branched?.chain === undefined ? stream : branched.chain(stream)
    if (result !== undefined) this.#branches.set(name, result)
  }
}
