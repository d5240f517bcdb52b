/**
 * What Apache Kafka leaves of the same logs: `kafka-passes.ndjson` holds, for each of several random logs, what was appended
 * before each pass and which batches 4.3.1's `Cleaner` kept, with their checksums.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type BatchSpec, describeBatches, type MarkerSpec, MemoryLog } from './compaction-fixture.ts'

interface Pass {
  readonly appended: readonly (BatchSpec | MarkerSpec)[]
  readonly nowMs: number
  /** First offset of the first segment that is not compacted. */
  readonly endOffset: number
  /** Where the next pass begins. */
  readonly dirtyOffset: number
  readonly kept: readonly string[]
}

const LOGS: readonly (readonly Pass[])[] = readFileSync(new URL('kafka-passes.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

test.each([...LOGS.entries()])('log %i is compacted to the bytes that Kafka leaves', (_, passes) => {
  const log = new MemoryLog()
  for (const { appended, nowMs, endOffset, dirtyOffset, kept } of passes) {
    log.append(...appended)
    if (endOffset > log.dirtyOffset) log.compact({ nowMs, endOffset, deleteRetentionMs: 1_000 })
    const lines = describeBatches(log.batches)
    expect(lines.map((line, index) => `${line} #${log.batches[index]!.checksum.toString(16)}`)).toEqual(kept)
    expect(log.dirtyOffset).toBe(dirtyOffset)
  }
})
