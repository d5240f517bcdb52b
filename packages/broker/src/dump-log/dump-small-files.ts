/** Producer snapshots, checkpoints and the other small files of a data directory. */
import type { Files } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import { parseEpochCheckpoint, parseOffsetCheckpoint } from '../log/directory/checkpoint-file.ts'
import { decodeProducerSnapshot } from '../log/producers/producer-snapshot.ts'
import { firstSequenceOf } from '../log/producers/producer-state.ts'
import type { Dumped } from './dumped.ts'

type Emit = (dumped: Dumped) => void

/** `.snapshot`. Throws FileErrors. */
export function dumpProducerSnapshot(files: Files, codecs: BatchCodecs, path: string, emit: Emit): void {
  const producers = decodeProducerSnapshot(files.read(path), 0, codecs)
  if (producers === undefined)
    return emit({ kind: 'problem', text: `${path}: the checksum does not match, or its version is not known` })
  for (const producer of producers) {
    const last = producer.batches.at(-1)
    emit({
      kind: 'producer',
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTransactionFirstOffset:
        producer.currentTransactionFirstOffset < 0 ? null : producer.currentTransactionFirstOffset,
      lastTimestampMs: producer.lastTimestampMs,
      lastBatch: last === undefined ? null : { firstSequence: firstSequenceOf(last), ...last },
    })
  }
}

/** What is wrong with the text of a file, by the file's name; undefined: nothing. */
const TEXT_FILES: ReadonlyMap<string, (content: Buffer) => string | undefined> = new Map([
  ['leader-epoch-checkpoint', content => unless(parseEpochCheckpoint(content), 'lines of two numbers')],
  ['recovery-point-offset-checkpoint', offsetCheckpointDamage],
  ['replication-offset-checkpoint', offsetCheckpointDamage],
  ['log-start-offset-checkpoint', offsetCheckpointDamage],
  ['cleaner-offset-checkpoint', offsetCheckpointDamage],
  [
    'partition.metadata',
    content =>
      unless(/^version: 0\ntopic_id: [\w-]{22}\n?$/.exec(content.toString('latin1')), 'a version and a topic id'),
  ],
  ['meta.properties', () => undefined],
])

export function isTextFile(name: string): boolean {
  return TEXT_FILES.has(name)
}

/** A file for which {@link isTextFile} holds. Throws FileErrors. */
export function dumpTextFile(files: Files, path: string, name: string, emit: Emit): void {
  const content = files.read(path)
  const damage = TEXT_FILES.get(name)!(content)
  for (const text of content.toString('utf8').trimEnd().split('\n')) emit({ kind: 'line', text })
  if (damage !== undefined) emit({ kind: 'problem', text: `${path}: ${damage}` })
}

function offsetCheckpointDamage(content: Buffer): string | undefined {
  return unless(parseOffsetCheckpoint(content), 'lines of a topic, a partition and an offset')
}

function unless(parsed: unknown, expected: string): string | undefined {
  return parsed === undefined || parsed === null ? `expected ${expected}` : undefined
}
