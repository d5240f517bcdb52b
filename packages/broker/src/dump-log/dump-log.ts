/**
 * Shows what is in the files of a data directory, ours or Apache Kafka's: logs, indexes, producer snapshots, KRaft
 * snapshots, checkpoints. Nothing is written, and damage is something to be shown: only what the file system refuses is
 * thrown. A running broker may change its files meanwhile.
 */
import { basename } from 'node:path/posix'
import type { Files } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import { dumpBatches } from './dump-batches.ts'
import { dumpOffsetIndex, dumpTimeIndex, dumpTransactionIndex } from './dump-indexes.ts'
import { dumpProducerSnapshot, dumpTextFile, isTextFile } from './dump-small-files.ts'
import type { Dumped } from './dumped.ts'
import type { RecordDecoder } from './record-content.ts'

export interface DumpOptions {
  /** Records too, not batches alone. Implied by a decoder. */
  readonly isDeep?: boolean
  /** Shows what is in the records. */
  readonly decoder?: RecordDecoder
  /** Reads no more of a log than this. */
  readonly maxBytes?: number
  /** Of an index only what a broker looks at before it trusts it. */
  readonly isIndexSanityOnly?: boolean
  /** Compares indexes with their logs and shows no entries. */
  readonly isIndexVerifyOnly?: boolean
}

export interface DumpSource {
  readonly files: Files
  readonly codecs: BatchCodecs
}

/** Calls `emit` with what is found, in order. Rejects with FileErrors. */
export async function dumpFile(
  { files, codecs }: DumpSource,
  path: string,
  options: DumpOptions,
  emit: (dumped: Dumped) => void,
): Promise<void> {
  const name = basename(path)
  const suffix = /\.[^.]*$/.exec(name)?.[0] ?? ''
  const batchOptions = {
    isDeep: options.isDeep === true || options.decoder !== undefined,
    decoder: options.decoder,
    maxBytes: options.maxBytes ?? Number.POSITIVE_INFINITY,
  }
  const indexOptions = {
    isSanityOnly: options.isIndexSanityOnly === true,
    isVerifyOnly: options.isIndexVerifyOnly === true,
  }
  const baseOffset = Number(/^\d+(?=\.)/.exec(name)?.[0] ?? Number.NaN)
  const index = { path, baseOffset }
  emit({ kind: 'file', path })
  if (isTextFile(name)) return dumpTextFile(files, path, name, emit)
  if (suffix === '.checkpoint') {
    emit({ kind: 'metadata-snapshot', ...snapshotPosition(name) })
    return dumpBatches(files, codecs, path, name, batchOptions, emit)
  }
  if (suffix === '.snapshot') return dumpProducerSnapshot(files, codecs, path, emit)
  if (suffix === '.txnindex') return dumpTransactionIndex(files, index, emit)
  if (Number.isNaN(baseOffset) || !SEGMENT_SUFFIXES.has(suffix))
    return emit({ kind: 'note', text: `Ignoring unknown file ${path}` })
  if (suffix === '.index') return dumpOffsetIndex(files, index, indexOptions, emit)
  if (suffix === '.timeindex') return dumpTimeIndex(files, codecs, index, indexOptions, emit)
  emit({ kind: 'log', startOffset: baseOffset })
  return dumpBatches(files, codecs, path, name, batchOptions, emit)
}

const SEGMENT_SUFFIXES: ReadonlySet<string> = new Set(['.log', '.index', '.timeindex'])

/** `00000000000000000042-0000000003.checkpoint`. */
function snapshotPosition(name: string): { readonly endOffset: number | null; readonly epoch: number | null } {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
  return match === null ? { endOffset: null, epoch: null } : { endOffset: Number(match[1]), epoch: Number(match[2]) }
}

/** The files below `path` that a dump can show, a file itself included, sorted by name; directories of partitions and all. */
export function filesToDump(files: Files, path: string): string[] {
  if (!files.stat(path).isDirectory) return [path]
  return files
    .list(path)
    .map(name => `${path}/${name}`)
    .flatMap(child => (files.stat(child).isDirectory || isShown(basename(child)) ? filesToDump(files, child) : []))
}

function isShown(name: string): boolean {
  return isTextFile(name) || /\.(?:log|index|timeindex|txnindex|snapshot|checkpoint)$/.test(name)
}
