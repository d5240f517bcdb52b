import type { Serde } from '@millrace/client'
import type { LogicalNode } from './logical-graph.ts'
import type { StreamOrigin } from './origin.ts'
import { repartitionNode } from './repartition.ts'

export interface JoinSide<K, V> {
  /** Names the repartition topic; the stream's node does when absent. */
  readonly name: string | undefined
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
}

/** Brings equal keys of one stream together for its joins. A join without a name uses the topic that was made before. */
export class JoinRepartition<K, V> {
  #latest: LogicalNode | undefined

  constructor(private readonly origin: StreamOrigin<K, V>) {}

  /** The stream itself when its keys are where they belong. */
  for(side: JoinSide<K, V>): StreamOrigin<K, V> {
    const { dsl, node, repartitionRequired } = this.origin
    if (!repartitionRequired) return this.origin
    const name = side.name ?? node.name
    const keySerde = side.keySerde ?? this.origin.keySerde
    const valueSerde = side.valueSerde ?? this.origin.valueSerde
    const repartition = repartitionNode(dsl.graph.names, { name, keySerde, valueSerde }) // takes its numbers in any case
    if (this.#latest === undefined || name !== node.name) this.#latest = dsl.graph.add(node, repartition)
    return { dsl, node: this.#latest, keySerde, valueSerde, repartitionRequired: false }
  }
}
