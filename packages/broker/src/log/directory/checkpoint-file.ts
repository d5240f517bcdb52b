/** Kafka's small text files: a version line, the number of entries, a line for each. */

const VERSION = '0'

/** Where a log stands, of each partition (`recovery-point-offset-checkpoint`, `log-start-offset-checkpoint`, `cleaner-offset-checkpoint`). */
export type PartitionOffsets = ReadonlyMap<string, number>

/** The key of a partition in {@link PartitionOffsets}. */
export function checkpointKey(topic: string, partition: number): string {
  return `${topic} ${partition}`
}

export function printOffsetCheckpoint(offsets: PartitionOffsets): Buffer {
  return printLines(Array.from(offsets, ([key, offset]) => `${key} ${offset}`))
}

/** Undefined if the text is damaged. */
export function parseOffsetCheckpoint(content: Buffer): PartitionOffsets | undefined {
  const lines = parseLines(content)
  const offsets = new Map<string, number>()
  for (const line of lines ?? []) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match === null) return undefined
    offsets.set(checkpointKey(match[1]!, Number(match[2])), Number(match[3]))
  }
  return lines && offsets
}

/** From `startOffset` on batches carry `leaderEpoch`. */
export interface EpochStart {
  readonly leaderEpoch: number
  readonly startOffset: number
}

/** `leader-epoch-checkpoint`. */
export function printEpochCheckpoint(epochs: readonly EpochStart[]): Buffer {
  return printLines(epochs.map(({ leaderEpoch, startOffset }) => `${leaderEpoch} ${startOffset}`))
}

/** Undefined if the text is damaged. */
export function parseEpochCheckpoint(content: Buffer): EpochStart[] | undefined {
  const epochs: EpochStart[] = []
  const lines = parseLines(content)
  for (const line of lines ?? []) {
    const match = /^(\d+) (\d+)$/.exec(line)
    if (match === null) return undefined
    epochs.push({ leaderEpoch: Number(match[1]), startOffset: Number(match[2]) })
  }
  return lines && epochs
}

function printLines(lines: readonly string[]): Buffer {
  return Buffer.from([VERSION, lines.length, ...lines, ''].join('\n'))
}

function parseLines(content: Buffer): string[] | undefined {
  const [version, count, ...lines] = content.toString('utf8').split('\n')
  if (lines.pop() !== '' || version !== VERSION || count !== String(lines.length)) return undefined
  return lines
}
