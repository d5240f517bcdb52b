/** The log of a topic as it is, read byte by byte past the client: batches, markers, verdicts. */
import { type Platform, realPlatform } from '@millrace/platform'
import { APIS, batchesOf, parseControlRecord, type RecordBatch } from '@millrace/protocol'
import { ProtocolClient } from '../../../packages/broker/test/protocol-client.ts'
import type { LoggedPartition, LoggedRecord, Verdict } from '../history/history.ts'
import { nameIn } from '../history/sized-value.ts'

const FETCH_BYTES = 8 << 20
/** The newest that names topics by their name. */
const FETCH_VERSION = 12
const EARLIEST = -2
const LATEST = -1

const platform: Platform = realPlatform()

/** All partitions `[0, partitionCount)` of a topic, from the first offset to the last. Nobody may be writing. */
export async function readLog(port: number, topic: string, partitionCount: number): Promise<LoggedPartition[]> {
  const client = await ProtocolClient.connect(platform.network, port)
  try {
    const partitions: LoggedPartition[] = []
    for (let partition = 0; partition < partitionCount; partition++)
      partitions.push(await readPartition(client, topic, partition))
    return partitions
  } finally {
    client.close()
  }
}

async function readPartition(client: ProtocolClient, topic: string, partition: number): Promise<LoggedPartition> {
  const startOffset = await offsetAt(client, topic, partition, EARLIEST)
  const endOffset = await offsetAt(client, topic, partition, LATEST)
  const verdicts = new VerdictKeeper()
  for (let offset = startOffset; offset < endOffset; ) {
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: FETCH_BYTES }] }],
    }
    const answer = await client.send(APIS.Fetch, request, FETCH_VERSION)
    const { errorCode, records } = answer.responses[0]!.partitions[0]!
    if (errorCode !== 0 || records === null || records.length === 0)
      throw new Error(`${topic}-${partition} cannot be read from ${offset} on: error ${errorCode}`)
    for (const batch of batchesOf(records)) {
      if (!batch.hasValidChecksum(platform.codecs)) throw new Error(`bad checksum at ${topic}-${partition}/${offset}`)
      verdicts.add(batch)
      offset = batch.nextOffset
    }
  }
  const { records, markerOffsets } = verdicts
  return { partition: `${topic}-${partition}`, startOffset, endOffset, records, markerOffsets }
}

async function offsetAt(client: ProtocolClient, topic: string, partitionIndex: number, timestamp: number) {
  const answer = await client.send(APIS.ListOffsets, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex, timestamp }] }],
  })
  return answer.topics[0]!.partitions[0]!.offset
}

/** Judges transactional records by the markers that follow them. */
class VerdictKeeper {
  readonly records: (LoggedRecord & { verdict: Verdict })[] = []
  readonly markerOffsets: number[] = []
  /** Of each producer the records of its open transaction. */
  private readonly open = new Map<number, { verdict: Verdict }[]>()

  add(batch: RecordBatch): void {
    if (batch.isControl) this.mark(batch)
    else
      for (const { offset, value } of batch.records(platform.codecs)) {
        const record = { offset, name: nameIn(value), verdict: batch.isTransactional ? 'open' : 'plain' } as const
        this.records.push(record)
        if (batch.isTransactional) this.openOf(batch.producerId).push(record)
      }
  }

  private mark(batch: RecordBatch): void {
    for (const record of batch.records(platform.codecs)) {
      this.markerOffsets.push(record.offset)
      const { type } = parseControlRecord(record)
      for (const member of this.openOf(batch.producerId)) member.verdict = type === 'COMMIT' ? 'committed' : 'aborted'
      this.open.delete(batch.producerId)
    }
  }

  private openOf(producerId: number): { verdict: Verdict }[] {
    let members = this.open.get(producerId)
    if (members === undefined) this.open.set(producerId, (members = []))
    return members
  }
}
