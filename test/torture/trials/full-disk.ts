import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Consumer, Producer } from '@millrace/client'
import { MillraceError } from '@millrace/protocol'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { readLog } from '../cluster/read-log.ts'
import { anomaliesIn } from '../history/checks.ts'
import { HistoryRecorder } from '../history/history.ts'
import { sizedValue } from '../history/sized-value.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const TOPIC = 'filling'
const VOLUME_MIB = 32
const VALUE_BYTES = 20_000
/** What a cycle leaves to the broker: a few records fit. */
const ROOM_BYTES = 200_000
const RETURN_LIMIT_MS = 5_000
const RETRY_MS = 20

export const fullDisk: Trial = {
  name: 'full-disk',
  promise:
    'On a full disk produce requests fail with a retriable error and reads go on; within 5 s of space nothing fails any more; nothing acknowledged is lost, over a restart too',
  unit: 'cycles',
  ciCount: 8,
  goalCount: 50,
  run,
}

async function run({ count, progress }: TrialOptions): Promise<Outcome> {
  await using volume = await Volume.mount(VOLUME_MIB)
  await using broker = await BrokerProcess.start({
    parentDirectory: volume.path,
    settings: { 'offsets.topic.num.partitions': 1 },
  })
  const recorder = new HistoryRecorder()
  const problems: string[] = []
  let slowestReturnMs = 0
  let refused = 0
  const { bootstrapServers } = broker
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: TOPIC, partitions: 1 }])
  await using consumer = new Consumer({ bootstrapServers })
  consumer.assign([{ topic: TOPIC, partition: 0 }])

  let sent = 0
  /** One record without retries; the error if it was refused. */
  const send = async (producer: Producer): Promise<MillraceError | undefined> => {
    const name = `r${sent++}`
    const write = recorder.write({ name, partition: `${TOPIC}-0`, producer: name, transaction: null })
    try {
      const { offset } = await producer.send({ topic: TOPIC, partition: 0, value: sizedValue(name, VALUE_BYTES) })
      recorder.acknowledged(write, offset)
      return undefined
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return error
    }
  }

  for (let cycle = 0; cycle < count; cycle++) {
    await using producer = new Producer({ bootstrapServers, retries: 0, enableIdempotence: false, lingerMs: 0 })
    const first = await send(producer)
    if (first !== undefined) problems.push(`cycle ${cycle}: refused on a disk with room: ${first}`)
    await volume.fillTo(ROOM_BYTES)
    let refusal: MillraceError | undefined
    for (let attempt = 0; refusal === undefined && attempt < ROOM_BYTES / VALUE_BYTES + 2; attempt++)
      refusal = await send(producer)
    if (refusal === undefined) problems.push(`cycle ${cycle}: the disk never became full`)
    else if (!refusal.retriable) problems.push(`cycle ${cycle}: ${refusal.code} cannot be retried: ${refusal.message}`)
    else refused++
    consumer.seekToBeginning()
    if ((await consumer.poll({ maxWaitMs: 5_000 })).length === 0) problems.push(`cycle ${cycle}: nothing can be read`)
    volume.free()
    const freedMs = performance.now()
    while ((await send(producer)) !== undefined && performance.now() - freedMs < 2 * RETURN_LIMIT_MS)
      await sleep(RETRY_MS)
    const returnMs = performance.now() - freedMs
    slowestReturnMs = Math.max(slowestReturnMs, returnMs)
    if (returnMs > RETURN_LIMIT_MS)
      problems.push(`cycle ${cycle}: refused for ${Math.round(returnMs)} ms after space returned`)
    progress(`${cycle + 1} of ${count} cycles, ${problems.length} problems`)
  }

  await broker.kill()
  await broker.restart()
  recorder.log = await readLog(broker.port, TOPIC, 1)
  for (const { kind, detail } of anomaliesIn(recorder)) problems.push(`${kind}: ${detail}`)
  const acknowledged = [...recorder.writes.values()].filter(({ outcome }) => outcome === 'acknowledged').length
  return { problems, figures: { acknowledged, refused, 'slowest return, ms': Math.round(slowestReturnMs) } }
}

/** A file system of its own in memory, small enough to be filled. Needs the right to mount. */
class Volume {
  private constructor(
    readonly path: string,
    private readonly ballast = join(path, 'ballast'),
  ) {}

  static async mount(sizeMib: number): Promise<Volume> {
    const path = mkdtempSync(join(tmpdir(), 'millrace-volume-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', path])
    return new Volume(path)
  }

  /** Leaves about `bytes` free. */
  async fillTo(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.path)
    writeFileSync(this.ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)))
  }

  free(): void {
    rmSync(this.ballast)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', [this.path])
    rmSync(this.path, { recursive: true })
  }
}
