/** What travels between the operators of a table: a key's new value and, where someone downstream asked, the one before. */
export interface Change<V> {
  /** Null when the key has no value any more. */
  readonly newValue: V | null
  /** Null when there was none, and always when nobody asked. */
  readonly oldValue: V | null
}
