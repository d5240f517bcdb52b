import { type Codecs, Simulation, type SimulationOptions } from '@millrace/platform'
import { COPIERS } from './copying.ts'
import { History } from './history.ts'
import { calm, unleash } from './nemesis.ts'
import { INPUT } from './producing.ts'
import { chooseScenario, type Scenario } from './scenario.ts'
import {
  judge,
  judgeCopies,
  judgeCounts,
  readCommitted,
  readCopies,
  readCounts,
  readEverything,
  waitForApplication,
  waitForGroup,
} from './verdict.ts'
import { World } from './world.ts'

export interface RunOptions {
  readonly codecs: Codecs
  /** Changes what the seed has chosen. */
  readonly alter?: (scenario: Scenario) => Scenario
  readonly onEvent?: SimulationOptions['onEvent']
}

export interface Outcome {
  readonly seed: number
  readonly scenario: Scenario
  /** Broken promises; none if all is well. */
  readonly problems: string[]
  /** Equal for two runs that did the same, byte for byte. */
  readonly trace: string
  readonly steps: number
  readonly virtualMs: number
  readonly records: number
}

/** After the trouble, the time in which everything has to come right. */
const RECOVERY_LIMIT_MS = 180_000
const INSPECTION_LIMIT_MS = 120_000

/** Runs broker, clients and a topology under the faults that the seed chooses, and holds them to their promises. */
export async function run(seed: number, options: RunOptions): Promise<Outcome> {
  const { codecs, alter = scenario => scenario, onEvent } = options
  const simulation = new Simulation({ seed, codecs, ...(onEvent === undefined ? {} : { onEvent }) })
  const scenario = alter(chooseScenario(simulation.random.split('scenario')))
  const history = new History(() => simulation.nowMs)
  try {
    const world = new World(simulation, scenario, history)
    await suffer(world, simulation, scenario, history)
    await comeRight(world, simulation, scenario, history)
  } catch (error) {
    history.problem(`the run broke off: ${error instanceof Error ? error.stack : error}`)
  }
  const { problems } = history
  const { trace, steps, nowMs } = simulation
  return { seed, scenario, problems, trace, steps, virtualMs: nowMs, records: history.acknowledged.size }
}

/** The time of trouble. */
async function suffer(world: World, simulation: Simulation, scenario: Scenario, history: History): Promise<void> {
  const { broker, clients } = world
  const victims = { simulation, history, broker, clients, random: simulation.random.split('nemesis') }
  unleash(victims, scenario.faults)
  await simulation.runFor(scenario.troubleMs)
  calm(victims)
}

/** The time after it: all work gets done, everything stops in good order, and what is left is inspected. */
async function comeRight(world: World, simulation: Simulation, scenario: Scenario, history: History): Promise<void> {
  const { platform } = simulation.node('inspector')
  const inspect = <T>(work: Promise<T>) => simulation.complete(work, INSPECTION_LIMIT_MS)

  await simulation.run(() => world.broker.isRunning && world.unfinished.size === 0, RECOVERY_LIMIT_MS)
  const log = await inspect(readEverything(platform, scenario, history))
  const isProcessed = () => log.every((records, partition) => history.processedUpTo(partition) >= records.length)
  await simulation.run(isProcessed, RECOVERY_LIMIT_MS)
  const hasApplication = world.applications.length > 0
  if (hasApplication) await simulation.complete(waitForApplication(platform, scenario), RECOVERY_LIMIT_MS)
  const hasCopies = world.copiers.length > 0
  if (hasCopies) await simulation.complete(waitForGroup(platform, COPIERS, [INPUT], scenario), RECOVERY_LIMIT_MS)

  await inspect(world.stopReaders())
  if (hasApplication) judgeCounts(await inspect(readCounts(platform, scenario)), log, scenario, history)
  if (hasCopies) judgeCopies(await inspect(readCopies(platform, scenario)), log, history)
  await inspect(readCommitted(platform, scenario, history))
  judge(log, history)
  await inspect(world.broker.stop())
}
