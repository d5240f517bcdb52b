/** Holds a log that was opened after a crash against the model of what was written to it. */
import type { PartitionLog } from '@millrace/broker'
import type { Codecs } from '@millrace/platform'
import { batchesOf, parseControlRecord, type RecordBatch } from '@millrace/protocol'
import type { LogModel, ModelRecord } from './log-model.ts'

/** Small, so that reads begin and end inside of segments and between markers. */
const READ_BYTES = 700

/** Returns what is wrong; nothing if the log is one that the crash may have left. */
export async function judgeRecoveredLog(log: PartitionLog, model: LogModel, codecs: Codecs): Promise<string[]> {
  const problems: string[] = []
  const { logStartOffset: start, logEndOffset: end } = log
  const at = `${log.name} [${start}, ${end})`
  const problem = (text: string) => problems.push(`${at}: ${text}`)

  if (end < model.durableEnd) problem(`ends before what was acknowledged up to ${model.durableEnd}`)
  if (end > model.endOffset && end > start) problem(`ends behind what was ever written up to ${model.endOffset}`)
  if (start > model.startOffset) problem(`starts behind what was deleted up to ${model.startOffset}`)
  if (start < model.durableStart) problem(`brings back what was deleted up to ${model.durableStart}`)
  if (log.highWatermark !== end) problem(`has its high watermark at ${log.highWatermark}`)

  const batches = await batchesIn(log, 'read_uncommitted', codecs)
  problems.push(...judgeContents(batches, { start, end }, model, codecs).map(text => `${at}: ${text}`))

  const open = model.openTransactions(end)
  const stable = Math.max(Math.min(end, ...open.values()), Math.min(start, end))
  // What is deleted of a transaction need not be remembered: what is left of it may begin later.
  const stableByWhatIsLeft = Math.max(stable, Math.min(end, ...model.openTransactions(end, start).values()))
  if (log.lastStableOffset < stable || log.lastStableOffset > stableByWhatIsLeft)
    problem(`has its last stable offset at ${log.lastStableOffset}, not in [${stable}, ${stableByWhatIsLeft}]`)
  problems.push(...(await judgeCommittedReads(log, model, codecs)).map(text => `${at}: ${text}`))
  problems.push(...judgeProducers(log, model, open).map(text => `${at}: ${text}`))
  return problems
}

interface Span {
  readonly start: number
  readonly end: number
}

function judgeContents(batches: readonly RecordBatch[], span: Span, model: LogModel, codecs: Codecs): string[] {
  const found = new Map<number, ModelRecord>()
  const markers = new Map<number, 'commit' | 'abort'>()
  for (const batch of batches) {
    if (!batch.hasValidChecksum(codecs)) return [`bad checksum at ${batch.baseOffset}`]
    for (const record of batch.records(codecs)) {
      const { offset, key, value } = record
      if (offset < span.start) continue
      if (batch.isControl) markers.set(offset, parseControlRecord(record).type === 'COMMIT' ? 'commit' : 'abort')
      else found.set(offset, { offset, key: String(key), value: value === null ? null : String(value) })
    }
  }
  const problems: string[] = []
  for (const { records, baseOffset, lastOffset, marker } of model.before(span.end)) {
    if (lastOffset < span.start) continue
    if (marker !== null && (markers.has(baseOffset) || !model.isCompacted) && markers.get(baseOffset) !== marker)
      problems.push(`${markers.get(baseOffset)} at ${baseOffset} instead of a marker to ${marker}`)
    markers.delete(baseOffset)
    for (const expected of records) {
      if (expected.offset < span.start) continue
      const there = found.get(expected.offset)
      if (there === undefined) {
        if (!model.isCompacted) problems.push(`record ${expected.offset} is missing`)
      } else if (there.key !== expected.key || there.value !== expected.value)
        problems.push(`${there.key} ${there.value} at ${expected.offset} instead of ${expected.key} ${expected.value}`)
    }
  }
  const written = new Set([...model.before(span.end)].flatMap(({ records }) => records.map(({ offset }) => offset)))
  for (const offset of found.keys()) if (!written.has(offset)) problems.push(`record ${offset} was never written`)
  for (const offset of markers.keys()) problems.push(`marker ${offset} was never written`)
  if (model.isCompacted) problems.push(...judgeLatestValues(found, span, model))
  return problems
}

/** Compaction may drop whatever a later record of the same key overrules, and what is aborted. */
function judgeLatestValues(found: ReadonlyMap<number, ModelRecord>, span: Span, model: LogModel): string[] {
  const aborted = model.abortedOffsets(span.end)
  const latest = new Map<string, ModelRecord>()
  for (const { records } of model.before(span.end))
    for (const record of records)
      if (record.offset >= span.start && !aborted.has(record.offset)) latest.set(record.key, record)
  return [...latest.values()]
    .filter(record => record.value !== null && !found.has(record.offset))
    .map(({ key, offset }) => `the latest value of ${key}, at ${offset}, is missing`)
}

/** Reads as a read_committed consumer does, and compares with what the markers of the model say. */
async function judgeCommittedReads(log: PartitionLog, model: LogModel, codecs: Codecs): Promise<string[]> {
  const seen = new Set<number>()
  for (let offset = log.logStartOffset; offset < log.lastStableOffset; ) {
    const { chunks, abortedTransactions } = await log.read(offset, READ_BYTES, {
      isolation: 'read_committed',
      minOneBatch: true,
    })
    const begins = [...(abortedTransactions ?? [])]
    const aborting = new Set<number>()
    const before = offset
    for (const chunk of chunks)
      for (const batch of batchesOf(chunk)) {
        while (begins.length > 0 && begins[0]!.firstOffset <= batch.lastOffset) aborting.add(begins.shift()!.producerId)
        if (batch.isControl) aborting.delete(batch.producerId)
        else if (!batch.isTransactional || !aborting.has(batch.producerId))
          for (const record of batch.records(codecs)) if (record.offset >= log.logStartOffset) seen.add(record.offset)
        offset = batch.nextOffset
      }
    if (offset === before) return [`a read_committed reader is stuck at ${offset}`]
  }
  const aborted = model.abortedOffsets(log.logEndOffset)
  const problems = [...seen].filter(offset => aborted.has(offset)).map(offset => `aborted record ${offset} was read`)
  if (model.isCompacted) return problems
  for (const { records } of model.before(log.logEndOffset))
    for (const { offset } of records) {
      const isDecided = offset >= log.logStartOffset && offset < log.lastStableOffset && !aborted.has(offset)
      if (isDecided && !seen.has(offset)) problems.push(`record ${offset} was not given to a read_committed reader`)
    }
  return problems
}

/** Producers of records that are gone may be forgotten; the others are what their records say. */
function judgeProducers(log: PartitionLog, model: LogModel, open: ReadonlyMap<number, number>): string[] {
  const problems: string[] = []
  const left = model.openTransactions(log.logEndOffset, log.logStartOffset)
  const known = new Map(log.activeProducers.map(producer => [producer.producerId, producer]))
  for (const [producerId, batch] of model.lastBatches(log.logStartOffset, log.logEndOffset)) {
    const producer = known.get(producerId)
    const lastSequence = batch.baseSequence + batch.records.length - 1
    if (producer === undefined) {
      // Compaction leaves nothing of a transaction but an empty marker, which says nothing of its producer.
      const isCompactedAway = model.isCompacted && model.endedSince(batch, log.logEndOffset)
      if (!isCompactedAway) problems.push(`producer ${producerId} is forgotten`)
    } else if (producer.producerEpoch === batch.producerEpoch && producer.lastSequence !== lastSequence)
      problems.push(`producer ${producerId} is at sequence ${producer.lastSequence} instead of ${lastSequence}`)
    else if (producer.producerEpoch < batch.producerEpoch)
      problems.push(`producer ${producerId} is at epoch ${producer.producerEpoch} instead of ${batch.producerEpoch}`)
  }
  for (const { producerId, currentTransactionFirstOffset } of known.values()) {
    const first = open.get(producerId) ?? -1
    // Of a transaction that is deleted in part, or as a whole, the rest, or nothing, needs to be known.
    const latest = first < 0 ? -1 : (left.get(producerId) ?? log.logStartOffset)
    const isForgotten = currentTransactionFirstOffset === -1 && !left.has(producerId)
    if (!isForgotten && (currentTransactionFirstOffset < first || currentTransactionFirstOffset > latest))
      problems.push(`the transaction of ${producerId} is open from ${currentTransactionFirstOffset} on, not ${first}`)
  }
  return problems
}

async function batchesIn(
  log: PartitionLog,
  isolation: 'read_uncommitted' | 'read_committed',
  codecs: Codecs,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
    const { chunks } = await log.read(offset, 1 << 20, { isolation, minOneBatch: true })
    const before = offset
    for (const chunk of chunks)
      for (const batch of batchesOf(chunk)) {
        if (!batch.hasValidChecksum(codecs)) return [batch]
        batches.push(batch)
        offset = batch.nextOffset
      }
    if (offset === before) break
  }
  return batches
}
