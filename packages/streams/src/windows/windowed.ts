/** A key in the window `[startMs, endMs)`. */
export class Windowed<K> {
  constructor(
    readonly key: K,
    readonly startMs: number,
    readonly endMs: number,
  ) {}

  /** Kafka Streams' form: `[key@start/end]`. */
  toString(): string {
    return `[${String(this.key)}@${this.startMs}/${this.endMs}]`
  }
}
