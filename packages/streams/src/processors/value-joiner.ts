/** Makes one value of two that have the same key. The key must not be changed. An undefined result counts as null. */
export type ValueJoiner<K, V, VO, VR> = (value: V, otherValue: VO, key: K) => VR
