import { checkedName } from './names.ts'
import type { BranchOptions, KStream } from './streams-and-tables.ts'

/** Names a branch and may continue its stream on the spot. */
export class Branched<K, V> implements BranchOptions<K, V> {
  private constructor(
    readonly name: string | undefined,
    readonly chain: ((branch: KStream<K, V>) => KStream<K, V> | undefined) | undefined,
  ) {}

  static as<K, V>(name: string): Branched<K, V> {
    return new Branched<K, V>(checkedName(name), undefined)
  }

  static withFunction<K, V>(
    chain: (branch: KStream<K, V>) => KStream<K, V> | undefined,
    name?: string,
  ): Branched<K, V> {
    return new Branched(name === undefined ? undefined : checkedName(name), chain)
  }

  /** The branch ends in `consumer` and is absent from the result of `split`. */
  static withConsumer<K, V>(consumer: (branch: KStream<K, V>) => void, name?: string): Branched<K, V> {
    return Branched.withFunction(branch => {
      consumer(branch)
      return undefined
    }, name)
  }
}
