import { readFileSync } from 'node:fs'
import { LogCleaner, type TopicConfig } from '@millrace/broker'
import {
  CALM_DISK,
  type CrashKind,
  createCodecs,
  type SeededRandom,
  type SimulatedNode,
  Simulation,
} from '@millrace/platform'
import { BrokerLife, startBroker } from '../crash-states/broker-life.ts'
import { live, logOf, openLogs, tinySettings, Writers } from '../crash-states/log-life.ts'
import { LogModel } from '../crash-states/log-model.ts'
import { judgeRecoveredLog } from '../crash-states/recovered-log.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

/** Of one seed: so many crashes, each with so many disks that it may leave. */
const CRASHES_PER_SEED = 4
const STATES_PER_CRASH = 12
/** One seed in so many crashes a whole broker once too, with its logs of groups and transactions. */
const SEEDS_PER_BROKER_SEED = 3
const STATES_PER_SEED = CRASHES_PER_SEED * STATES_PER_CRASH + STATES_PER_CRASH / SEEDS_PER_BROKER_SEED
/** A life makes about as many changes to the disk. */
const MOST_CHANGES_BEFORE_CRASH = 300
/** A recovery makes fewer. */
const MOST_CHANGES_BEFORE_SECOND_CRASH = 25
const SECOND_CRASH_SHARE = 0.3
const LAZY_FLUSH_MESSAGES = 10
/** Of the lives: some of their writes and syncs fail, which takes a partition out of service. */
const FAILING_DISK_SHARE = 0.3
const MOST_CHANGES_OF_BROKER = 250
const JUDGE_LIMIT_MS = 300_000

/** Seeds that failed once, with what they found. They run first. */
const REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = JSON.parse(
  readFileSync('test/torture/crash-states/seeds.json', 'utf8'),
)

export const crashStates: Trial = {
  name: 'crash-states',
  promise:
    'After any crash (lost, torn and reordered writes, a second crash during recovery) logs open, hold a prefix of what was written that is not shorter than what was acknowledged, and know their producers and transactions',
  unit: 'states',
  ciCount: 20_000,
  goalCount: 20_000,
  run,
}

async function run({ count, seed, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  const states = new StateCounter()
  const seedCount = Math.ceil(count / STATES_PER_SEED)
  const later = Array.from({ length: seedCount }, (_, index) => seed + index)
  for (const each of [...REGRESSIONS.map(({ seed: failed }) => failed), ...later]) {
    for (const problem of await judgeSeed(each, states)) problems.push(`seed ${each}: ${problem}`)
    if (each % SEEDS_PER_BROKER_SEED === 0)
      for (const problem of await judgeBrokerSeed(each, states)) problems.push(`broker, seed ${each}: ${problem}`)
    progress(`${states.judged} of ${count} states, ${problems.length} problems`)
  }
  const { judged, crashedTwice, wasShorter, compactions, ofBrokers, failingDisks } = states
  return {
    problems,
    figures: {
      states: judged,
      'of whole brokers': ofBrokers,
      'with a second crash in recovery': crashedTwice,
      'with lost writes': wasShorter,
      'compactions before': compactions,
      'lives on a disk that fails': failingDisks,
    },
  }
}

export class StateCounter {
  judged = 0
  crashedTwice = 0
  compactions = 0
  ofBrokers = 0
  failingDisks = 0
  wasShorter = 0
}

const codecs = createCodecs()

/**
 * The lives and crashes of one seed. Ends with the first thing that is wrong.
 * @param alter changes settings of the topics, to see whether that is found out
 */
export async function judgeSeed(
  seed: number,
  states: StateCounter = new StateCounter(),
  alter: (settings: TopicConfig) => TopicConfig = settings => settings,
): Promise<string[]> {
  const simulation = new Simulation({ seed, codecs })
  const random = simulation.random.split('crashes')
  const node = simulation.node('broker')
  node.keepsCrashScene = true
  const isDurable = random.chance(0.6)
  const models = [false, true, false].map((isCompacted, partition) => {
    const settings = alter({ ...tinySettings(isCompacted), 'flush.messages': isDurable ? 1 : LAZY_FLUSH_MESSAGES })
    return new LogModel({ partition, isCompacted, isDurable, settings })
  })
  const writers = models.map(model => new Writers(model))
  for (let life = 0; life < CRASHES_PER_SEED; life++) {
    if (!node.isUp) node.start()
    const failure = await liveUntilCrash(simulation, node, writers, life, states)
    if (failure !== undefined) return [`life ${life}: ${failure}`]
    const scene = node.crashScene!
    for (let state = 0; state < STATES_PER_CRASH; state++) {
      node.crashAgainFrom(scene, random.chance(0.15) ? 'kill' : 'power')
      const { problems, ends } = await judgeState(
        simulation,
        node,
        models,
        random.split(`state ${life}/${state}`),
        states,
      )
      if (problems.length > 0) return problems.map(problem => `life ${life}, state ${state}: ${problem}`)
      // The last state is the one that life goes on with.
      if (state === STATES_PER_CRASH - 1) models.forEach((model, index) => void model.endedAt(ends[index]!))
    }
  }
  return []
}

/**
 * One life and one crash of a whole broker with groups and transactions.
 * Ends with the first thing that is wrong.
 */
export async function judgeBrokerSeed(seed: number, states: StateCounter): Promise<string[]> {
  const simulation = new Simulation({ seed: `broker ${seed}`, codecs })
  const random = simulation.random.split('crashes')
  const node = simulation.node('broker')
  node.keepsCrashScene = true
  await simulation.complete(startBroker(node.platform))
  node.crashDuringWrite(random.pick(['kill', 'power']), random.integer(MOST_CHANGES_OF_BROKER))
  const clients = simulation.node('clients')
  const life = new BrokerLife(clients.platform, random.split('life'))
  let failure: unknown
  life.live().catch(error => {
    failure = error
  })
  await simulation.run(() => !node.isUp || failure !== undefined)
  if (failure !== undefined) return [`a client failed: ${failure instanceof Error ? failure.stack : failure}`]
  clients.crash('kill')
  const scene = node.crashScene!
  node.keepsCrashScene = false
  for (let state = 0; state < STATES_PER_CRASH; state++) {
    node.crashAgainFrom(scene, random.chance(0.15) ? 'kill' : 'power')
    if (random.chance(SECOND_CRASH_SHARE)) await crashWhileStarting(simulation, node, random, states)
    node.start()
    const judging = async () => {
      await startBroker(node.platform)
      return await life.judge(simulation.node(`judge ${state}`).platform)
    }
    const problems = await simulation.complete(judging(), JUDGE_LIMIT_MS).catch(error => [String(error.stack ?? error)])
    states.judged++
    states.ofBrokers++
    node.crash('kill')
    if (problems.length > 0) return problems.map(problem => `state ${state}: ${problem}`)
  }
  return []
}

async function crashWhileStarting(
  simulation: Simulation,
  node: SimulatedNode,
  random: SeededRandom,
  states: StateCounter,
): Promise<void> {
  node.start()
  node.crashDuringWrite(random.pick(['kill', 'power']), random.integer(MOST_CHANGES_BEFORE_SECOND_CRASH))
  let isStarted = false
  startBroker(node.platform).then(() => (isStarted = true))
  await simulation.run(() => !node.isUp || isStarted)
  if (node.isUp) node.crash('power')
  else states.crashedTwice++
}

async function liveUntilCrash(
  simulation: Simulation,
  node: SimulatedNode,
  writers: readonly Writers[],
  life: number,
  states: StateCounter,
): Promise<string | undefined> {
  const random = simulation.random.split(`life ${life}`)
  const { platform } = node
  const kind: CrashKind = random.pick(['kill', 'power'])
  const diskFails = random.chance(FAILING_DISK_SHARE)
  let failure: string | undefined
  let isOver = false
  const run = async () => {
    const logs = await openLogs(
      platform,
      writers.map(({ model }) => model),
      'all',
    )
    const cleaner = new LogCleaner(logs, report => {
      if (report.kind === 'compacted') states.compactions++
      else if (!diskFails) failure = `${report.partition} cannot be compacted: ${report.error.stack}`
    })
    cleaner.start()
    node.crashDuringWrite(kind, random.integer(MOST_CHANGES_BEFORE_CRASH))
    if (diskFails) {
      node.diskConditions = { ...CALM_DISK, syncErrorRate: 0.02, writeErrorRate: 0.01 }
      states.failingDisks++
    }
    node.onCrash = () => {
      for (const { model } of writers)
        model.startOffset = Math.max(model.startOffset, logOf(logs, model).logStartOffset)
    }
    await live(logs, writers, platform, random, life)
    if (random.chance(0.5)) {
      await cleaner.stop()
      await logs.close()
    }
  }
  run().then(
    () => (isOver = true),
    error => (failure = error instanceof Error ? error.stack : String(error)),
  )
  await simulation.run(() => !node.isUp || isOver || failure !== undefined)
  node.diskConditions = CALM_DISK
  if (node.isUp) node.crash(kind)
  return failure
}

/** Opens what a crash has left, perhaps in two attempts, and judges it; the node is down again then. */
async function judgeState(
  simulation: Simulation,
  node: SimulatedNode,
  models: readonly LogModel[],
  random: SeededRandom,
  states: StateCounter,
): Promise<{ readonly problems: readonly string[]; readonly ends: readonly number[] }> {
  if (random.chance(SECOND_CRASH_SHARE)) {
    const platform = node.start()
    node.crashDuringWrite(random.pick(['kill', 'power']), random.integer(MOST_CHANGES_BEFORE_SECOND_CRASH))
    let isOpen = false
    openLogs(platform, models, 'nothing').then(() => (isOpen = true))
    await simulation.run(() => !node.isUp || isOpen)
    if (node.isUp) node.crash('power')
    else states.crashedTwice++
  }
  const platform = node.start()
  const problems: string[] = []
  const ends: number[] = []
  const judge = async () => {
    const logs = await openLogs(platform, models, 'nothing')
    for (const model of models) {
      const log = logOf(logs, model)
      problems.push(...(await judgeRecoveredLog(log, model, codecs)))
      ends.push(log.logEndOffset)
    }
  }
  try {
    await simulation.complete(judge())
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  states.judged++
  if (models.some((model, index) => ends[index]! < model.endOffset)) states.wasShorter++
  node.onCrash = () => {}
  node.crash('kill')
  return { problems, ends }
}
