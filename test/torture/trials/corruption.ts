import type { LogManager, PartitionLog } from '@millrace/broker'
import { createCodecs, type Files, type Platform, type SimulatedNode, Simulation } from '@millrace/platform'
import { batchesOf, KafkaError, MillraceError } from '@millrace/protocol'
import { type Damage, damageSomething, extensionOf, filesBelow } from '../crash-states/damage.ts'
import { LOG_DIRECTORIES, live, logOf, openLogs, tinySettings, Writers } from '../crash-states/log-life.ts'
import { LogModel, type ModelBatch } from '../crash-states/log-model.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const codecs = createCodecs()
/** Of one life of a log. */
const DAMAGES_PER_LIFE = 40
const CLEAN_SHARE = 0.6
/** More than lies between two entries of the index, with these settings. */
const HIDING_BYTES = 1_500

export const corruption: Trial = {
  name: 'corruption',
  promise:
    'Bits flipped, bytes zeroed, files truncated, swapped and lost, of every kind of file: records whose bytes are whole are read as they were written, what follows a damaged batch too; no wrong byte is served with a valid checksum',
  unit: 'damages',
  ciCount: 3_000,
  goalCount: 10_000,
  run,
}

async function run({ count, seed, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  const perKind = new Map<string, number>()
  const counts = { hidden: 0 }
  let refusedToOpen = 0
  for (let done = 0, life = seed; done < count; life++) {
    const simulation = new Simulation({ seed: `corruption ${life}`, codecs })
    const node = simulation.node('broker')
    const models = [0, 1].map(partition => {
      const settings = { ...tinySettings(false), 'retention.bytes': -1 }
      return new LogModel({ partition, isCompacted: false, isDurable: true, settings })
    })
    await liveOnce(simulation, node, models)
    const scene = node.crashScene!
    for (let index = 0; index < DAMAGES_PER_LIFE && done < count; index++, done++) {
      node.crashAgainFrom(scene, 'kill')
      const { files } = node.start()
      const before = { places: placesIn(files, models), tails: tailsIn(files, models) }
      const damage = damageSomething(
        files,
        filesBelow(files, LOG_DIRECTORIES),
        simulation.random.split(`damage ${index}`),
      )
      const kind = extensionOf(damage.paths[0]!)
      perKind.set(kind, (perKind.get(kind) ?? 0) + 1)
      const found = await simulation.complete(judge(node.platform, models, damage, before, counts))
      if (found === 'refused') refusedToOpen++
      else
        problems.push(...found.map(text => `life ${life}, damage ${index}: ${damage.kind} of ${damage.paths}: ${text}`))
      node.crash('kill')
    }
    progress(`${done} of ${count} damages, ${problems.length} problems`)
  }
  return {
    problems,
    figures: {
      ...Object.fromEntries([...perKind].sort()),
      'refused to open': refusedToOpen,
      'whole batches hidden': counts.hidden,
    },
  }
}

async function liveOnce(simulation: Simulation, node: SimulatedNode, models: readonly LogModel[]): Promise<void> {
  const random = simulation.random.split('life')
  const { platform } = node
  const run = async () => {
    const logs = await openLogs(platform, models, 'all')
    await live(
      logs,
      models.map(model => new Writers(model)),
      platform,
      random,
      0,
    )
    for (const model of models) {
      const log = logOf(logs, model)
      await log.synced(log.logEndOffset)
      model.startOffset = log.logStartOffset
    }
    if (random.chance(CLEAN_SHARE)) await logs.close()
  }
  await simulation.complete(run())
  node.keepsCrashScene = true
  node.crash('kill')
  node.keepsCrashScene = false
}

/**
 * Of each model, the offset from which on a recovery may take the first damaged batch for the torn end of the log: behind
 * all if the log was closed cleanly, else the recovery point that was written last.
 */
function tailsIn(files: Files, models: readonly LogModel[]): ReadonlyMap<LogModel, number> {
  const points = new Map<number, number>()
  for (const directory of LOG_DIRECTORIES)
    for (const line of String(files.read(`${directory}/recovery-point-offset-checkpoint`))
      .split('\n')
      .slice(2)) {
      const [, partition, offset] = line.split(' ')
      if (offset !== undefined) points.set(Number(partition), Number(offset))
    }
  const isClean = LOG_DIRECTORIES.every(directory => files.exists(`${directory}/.kafka_cleanshutdown`))
  return new Map(models.map(model => [model, isClean ? Infinity : (points.get(model.partition) ?? 0)]))
}

/** Where a batch lies on the disk. */
interface Place {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** Of each model, the place of each batch by its base offset. */
function placesIn(files: Files, models: readonly LogModel[]): ReadonlyMap<LogModel, ReadonlyMap<number, Place>> {
  return new Map(
    models.map(model => {
      const places = new Map<number, Place>()
      for (const path of filesBelow(files, LOG_DIRECTORIES))
        if (path.includes(`-${model.partition}/`) && path.endsWith('.log'))
          for (const batch of batchesOf(files.read(path)))
            places.set(batch.baseOffset, { path, from: batch.start, to: batch.end })
      return [model, places]
    }),
  )
}

/** What is wrong with logs on a damaged disk; or that they were not opened, for a reason that was given. */
async function judge(
  platform: Platform,
  models: readonly LogModel[],
  damage: Damage,
  before: { readonly places: ReturnType<typeof placesIn>; readonly tails: ReturnType<typeof tailsIn> },
  counts: { hidden: number },
): Promise<readonly string[] | 'refused'> {
  let logs: LogManager
  try {
    logs = await openLogs(platform, models, 'nothing')
  } catch (error) {
    return error instanceof MillraceError ? 'refused' : [`not opened: ${error instanceof Error ? error.stack : error}`]
  }
  const problems: string[] = []
  for (const model of models) {
    const log = logOf(logs, model)
    const places = before.places.get(model)!
    let isTorn = false
    let hitPlace: Place | undefined
    if (isPutAside(platform.files, model, log)) continue
    for (const batch of model.batches) {
      const place = places.get(batch.baseOffset)
      if (place === undefined || batch.baseOffset < Math.max(model.startOffset, log.logStartOffset)) continue
      const isHit = damage.paths.includes(place.path) && (damage.kind === 'swap' || overlaps(place, damage))
      if (isHit && batch.lastOffset >= before.tails.get(model)!) isTorn = true
      if (isTorn && batch.baseOffset >= log.logEndOffset) continue
      if (isHit) hitPlace = place
      const problem = await judgeBatch(log, batch, isHit)
      if (problem === undefined) continue
      // What cannot be found behind a damaged header is found again from the next entry of the index on.
      const isHidden = hitPlace?.path === place.path && place.from - hitPlace.from <= HIDING_BYTES
      if (isHidden && problem.kind === 'not given') counts.hidden++
      else problems.push(`${log.name}/${batch.baseOffset}: ${problem.text}`)
    }
  }
  logs.halt()
  return problems
}

function overlaps(place: Place, { from, to }: Damage): boolean {
  return place.from < to && from < place.to
}

/** A partition whose identity is damaged is kept under another name, and an empty one takes its place. */
function isPutAside(files: Files, { partition }: LogModel, log: PartitionLog): boolean {
  const isStray = (directory: string) =>
    files.list(directory).some(name => new RegExp(`-${partition}\\..*-stray$`).test(name))
  return log.logEndOffset === 0 && LOG_DIRECTORIES.some(isStray)
}

interface BatchProblem {
  /** `not given`: an error, or nothing. `wrong`: something else than was written. */
  readonly kind: 'not given' | 'wrong'
  readonly text: string
}

async function judgeBatch(log: PartitionLog, batch: ModelBatch, isHit: boolean): Promise<BatchProblem | undefined> {
  const notGiven = (text: string): BatchProblem | undefined => (isHit ? undefined : { kind: 'not given', text })
  let chunks: readonly Buffer[]
  try {
    chunks = (await log.read(batch.baseOffset, 1, { isolation: 'read_uncommitted', minOneBatch: true })).chunks
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return notGiven(`cannot be read: ${error.message}`)
  }
  for (const chunk of chunks)
    for (const found of batchesOf(chunk)) {
      // A consumer sees this and says so.
      if (!found.hasValidChecksum(codecs)) return notGiven('has a wrong checksum')
      if (found.baseOffset !== batch.baseOffset) return notGiven(`is passed over for ${found.baseOffset}`)
      if (found.isControl) return batch.marker === null ? { kind: 'wrong', text: 'is a marker' } : undefined
      for (const record of found.records(codecs)) {
        const written = batch.records.find(({ offset }) => offset === record.offset)
        // A hit batch may be passed over: its reader is given the next one.
        if (written === undefined) return notGiven(`has a record ${record.offset}`)
        if (
          written.key !== String(record.key) ||
          written.value !== (record.value === null ? null : String(record.value))
        )
          return { kind: 'wrong', text: `is read as ${record.key} ${record.value} at ${record.offset}` }
      }
      return undefined
    }
  return notGiven('is not there')
}
