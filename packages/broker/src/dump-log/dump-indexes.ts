/** The index files of a segment: their entries, and whether the log agrees with them. */
import { basename, dirname } from 'node:path/posix'
import type { Files, OpenFile } from '@millrace/platform'
import { BATCH_HEADER_BYTES, type BatchCodecs, CorruptBatchError, type RecordBatch } from '@millrace/protocol'

import { batchSizeAt, lastOffsetAt } from '../log/segment/batch-header.ts'
import { scanBatches } from '../log/segment/batch-scan.ts'
import { type IndexedPosition, OffsetIndex } from '../log/segment/offset-index.ts'
import { type IndexedTimestamp, TimeIndex } from '../log/segment/time-index.ts'
import { TransactionIndex } from '../log/segment/transaction-index.ts'
import type { Dumped } from './dumped.ts'

export interface IndexDumpOptions {
  /** Only what a broker looks at before it trusts an index. */
  readonly isSanityOnly: boolean
  /** Compares with the log, shows no entries. */
  readonly isVerifyOnly: boolean
}

export interface IndexToDump {
  readonly path: string
  /** Of the segment. */
  readonly baseOffset: number
}

type Emit = (dumped: Dumped) => void

/** Shared: it is filled and read in one go. */
const HEADER = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES)

/** `.index`. Throws FileErrors. */
export function dumpOffsetIndex(files: Files, index: IndexToDump, options: IndexDumpOptions, emit: Emit): void {
  const { path, baseOffset } = index
  const sizeInBytes = files.stat(path).size
  const offsetIndex = new OffsetIndex(readOnly(files), path, baseOffset, sizeInBytes)
  if (!isWhole(offsetIndex, path, sizeInBytes, emit)) return
  const entries = readEntries(offsetIndex, entry => entry.offset === baseOffset && entry.position === 0)
  const last = entries.at(-1)
  if (last === undefined) return emit({ kind: 'empty-index', path })
  if (options.isSanityOnly) return emitSanity(path, last.offset >= baseOffset, emit)
  const log = openLog(files, index)
  const mismatches: string[] = []
  try {
    for (const { offset, position } of entries) {
      const found = lastOffsetOfBatchAt(log, position)
      if (found !== offset) mismatches.push(`  Index offset: ${offset}, log offset: ${found ?? 'no batch'}`)
      if (!options.isVerifyOnly) emit({ kind: 'offset-index-entry', offset, position })
    }
  } finally {
    log.close()
  }
  if (mismatches.length > 0)
    emit({ kind: 'problem', text: [`Mismatches in :${path}`, ...mismatches.reverse()].join('\n') })
}

/** `.timeindex`. Throws FileErrors. */
export async function dumpTimeIndex(
  files: Files,
  codecs: BatchCodecs,
  index: IndexToDump,
  options: IndexDumpOptions,
  emit: Emit,
): Promise<void> {
  const { path, baseOffset } = index
  const sizeInBytes = files.stat(path).size
  const timeIndex = new TimeIndex(readOnly(files), path, baseOffset, sizeInBytes)
  if (!isWhole(timeIndex, path, sizeInBytes, emit)) return
  const entries = readEntries(timeIndex, entry => entry.offset === baseOffset && entry.timestampMs === 0)
  if (options.isSanityOnly) {
    const last = entries.at(-1)
    const isSane = last === undefined || (last.offset >= baseOffset && last.timestampMs >= entries[0]!.timestampMs)
    return emitSanity(path, isSane, emit)
  }
  if (!options.isVerifyOnly) for (const entry of entries) emit({ kind: 'time-index-entry', ...entry })
  const log = openLog(files, index)
  try {
    emitOutOfOrder(path, entries, emit)
    await compareTimestamps(log, path, entries, codecs, emit)
  } finally {
    log.close()
  }
}

function emitOutOfOrder(path: string, entries: readonly IndexedTimestamp[], emit: Emit): void {
  const lines = entries.flatMap(({ timestampMs }, index) => {
    const previousMs = entries[index - 1]?.timestampMs ?? -1
    return previousMs < timestampMs
      ? []
      : [`  Index timestamp: ${timestampMs}, Previously indexed timestamp: ${previousMs}`]
  })
  if (lines.length > 0)
    emit({ kind: 'problem', text: [`Found out of order timestamp in :${path}`, ...lines].join('\n') })
}

/** One walk through the log: each entry names the last offset of a batch and the greatest timestamp in it. */
async function compareTimestamps(
  log: OpenFile,
  path: string,
  entries: readonly IndexedTimestamp[],
  codecs: BatchCodecs,
  emit: Emit,
): Promise<void> {
  const awaited = entries.toSorted((a, b) => a.offset - b.offset)
  const mismatches: string[] = []
  const missing: string[] = []
  let next = 0
  await scanBatches(log, 0, log.size, batch => {
    for (; next < awaited.length && awaited[next]!.offset <= batch.lastOffset; next++) {
      const { offset, timestampMs } = awaited[next]!
      if (offset !== batch.lastOffset) missing.push(`Indexed offset: ${offset}, found log offset: ${batch.lastOffset}`)
      else if (greatestTimestampMs(batch, codecs) !== timestampMs)
        mismatches.push(
          `  Index timestamp: ${timestampMs}, log timestamp: ${greatestTimestampMs(batch, codecs) ?? 'damaged batch'}`,
        )
    }
    return next < awaited.length
  })
  for (const { offset } of awaited.slice(next)) missing.push(`Indexed offset: ${offset}, found log offset: -1`)
  if (mismatches.length > 0)
    emit({ kind: 'problem', text: [`Found timestamp mismatch in :${path}`, ...mismatches].join('\n') })
  if (missing.length > 0)
    emit({
      kind: 'problem',
      text: ['The following indexed offsets are not found in the log.', ...missing].join('\n'),
    })
}

/** `.txnindex`. Throws FileErrors. */
export function dumpTransactionIndex(files: Files, { path }: IndexToDump, emit: Emit): void {
  const sizeInBytes = files.stat(path).size
  const index = new TransactionIndex(readOnly(files), path, true, sizeInBytes)
  isWhole(index, path, sizeInBytes, emit)
  try {
    for (let number = 0; number < index.file.entryCount; number++) {
      const version = index.file.entry(number).readInt16BE(0)
      emit({ kind: 'aborted-transaction', version, ...index.entry(number) })
    }
  } finally {
    index.file.close()
  }
}

interface EntriesOfIndex<Entry> {
  readonly entryCount: number
  readonly file: { close(): void }
  entry(index: number): Entry
}

/** A broker that runs, or that was killed, leaves zeros behind the entries: space it had set aside. */
function readEntries<Entry extends IndexedPosition | IndexedTimestamp>(
  index: EntriesOfIndex<Entry>,
  isZero: (entry: Entry) => boolean,
): Entry[] {
  const entries: Entry[] = []
  try {
    for (let number = 0; number < index.entryCount; number++) {
      const entry = index.entry(number)
      if (isZero(entry)) break
      entries.push(entry)
    }
  } finally {
    index.file.close()
  }
  return entries
}

/** Whether there are no bytes behind the last entry. */
function isWhole(
  index: { readonly file: { readonly sizeInBytes: number } },
  path: string,
  sizeInBytes: number,
  emit: Emit,
): boolean {
  if (index.file.sizeInBytes === sizeInBytes) return true
  emit({ kind: 'problem', text: `${path}: ${sizeInBytes} bytes are no whole entries` })
  return false
}

function emitSanity(path: string, isSane: boolean, emit: Emit): void {
  if (isSane) emit({ kind: 'sane-index', path })
  else emit({ kind: 'problem', text: `${path}: the last entry lies before the first one that may be in it` })
}

function openLog(files: Files, { path }: IndexToDump): OpenFile {
  return files.open(`${dirname(path)}/${basename(path).replace(/\..*$/, '')}.log`, 'read')
}

/** Indexes open their files by themselves, to write them. */
function readOnly(files: Files): Files {
  const view: Files = Object.create(files)
  view.open = path => files.open(path, 'read')
  return view
}

function lastOffsetOfBatchAt(log: OpenFile, position: number): number | undefined {
  if (position < 0 || log.read(HEADER, 0, BATCH_HEADER_BYTES, position) < BATCH_HEADER_BYTES) return undefined
  return batchSizeAt(HEADER, 0) === 0 ? undefined : lastOffsetAt(HEADER, 0)
}

function greatestTimestampMs(batch: RecordBatch, codecs: BatchCodecs): number | undefined {
  let greatest = -1
  try {
    for (const { timestampMs } of batch.records(codecs)) greatest = Math.max(greatest, timestampMs)
    return greatest
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error
    return undefined
  }
}
