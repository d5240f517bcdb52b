import { type Codecs, Simulation, type SimulationOptions } from '@millrace/platform'
import { SimulatedEngineDisk } from '@millrace/streams'
import { startBroker } from './broker.ts'
import { consume } from './consuming.ts'
import { APPLICATION, count } from './counting.ts'
import { History } from './history.ts'
import { Machine } from './machine.ts'
import { calm, unleash, type Victims } from './nemesis.ts'
import { produce } from './producing.ts'
import { chooseScenario, type Scenario } from './scenario.ts'
import { judge, judgeCounts, readCommitted, readCounts, readEverything, waitForCommit } from './verdict.ts'

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

/** Runs broker, producers and consumers under the faults that the seed chooses, and holds them to their promises. */
export async function run(seed: number, codecs: Codecs, onEvent?: SimulationOptions['onEvent']): Promise<Outcome> {
  const simulation = new Simulation({ seed, codecs, ...(onEvent === undefined ? {} : { onEvent }) })
  const scenario = chooseScenario(simulation.random.split('scenario'))
  const history = new History(() => simulation.nowMs)
  try {
    await play(simulation, scenario, history)
  } catch (error) {
    history.problem(`the run broke off: ${error instanceof Error ? error.stack : error}`)
  }
  const { problems } = history
  const { trace, steps, nowMs } = simulation
  return { seed, scenario, problems, trace, steps, virtualMs: nowMs, records: history.acknowledged.size }
}

async function play(simulation: Simulation, scenario: Scenario, history: History): Promise<void> {
  const machine = (options: Omit<ConstructorParameters<typeof Machine>[0], 'simulation' | 'history'>) =>
    new Machine({ simulation, history, ...options })
  let isOver = false

  const broker = machine({
    name: 'broker',
    program: platform => startBroker(platform, scenario, history),
    isNeeded: () => true,
  })
  const unfinished = new Set<string>()
  const producers = Array.from({ length: scenario.producers }, (_, index) => {
    const name = `producer${index + 1}`
    unfinished.add(name)
    return machine({
      name,
      program: async (platform, start) =>
        produce({
          platform,
          scenario,
          history,
          random: simulation.random.split(`${name}.${start}`),
          name: `${name}.${start}`,
          count: scenario.recordsPerProducer,
          onDone: () => unfinished.delete(name),
        }),
      isNeeded: () => unfinished.has(name),
    })
  })
  const consumers = Array.from({ length: scenario.consumers }, (_, index) => {
    const name = `consumer${index + 1}`
    return machine({
      name,
      program: (platform, start, fail) =>
        consume({
          fail,
          platform,
          scenario,
          history,
          random: simulation.random.split(`${name}.${start}`),
          name: `${name}.${start}`,
        }),
      isNeeded: () => !isOver,
    })
  })

  const applications = Array.from({ length: scenario.applications }, (_, index) => {
    const name = `application${index + 1}`
    const engines = new SimulatedEngineDisk()
    const random = simulation.random.split(`${name} state`)
    return machine({
      name,
      program: (platform, start, fail) =>
        count({ platform, scenario, fail, name: `${name}.${start}`, stateEngines: engines.engines(platform) }),
      isNeeded: () => !isOver,
      onCrash: kind => engines.crash(kind, random),
    })
  })

  const victims: Victims = {
    simulation,
    history,
    broker,
    clients: [...producers, ...consumers, ...applications],
    random: simulation.random.split('nemesis'),
  }
  unleash(victims, scenario.faults)
  await simulation.runFor(scenario.troubleMs)
  calm(victims)

  const inspector = simulation.node('inspector')
  await simulation.run(() => broker.isRunning && unfinished.size === 0, RECOVERY_LIMIT_MS)
  const log = await simulation.complete(readEverything(inspector.platform, scenario, history), INSPECTION_LIMIT_MS)
  const isProcessed = () => log.every((records, partition) => history.processedUpTo(partition) >= records.length)
  await simulation.run(isProcessed, RECOVERY_LIMIT_MS).catch(error => {
    history.problem(
      `processed ${log.map((records, partition) => `${history.processedUpTo(partition)}/${records.length}`)}`,
    )
    throw error
  })
  if (applications.length > 0) {
    const isCounted = waitForCommit(inspector.platform, APPLICATION, log)
    await simulation.complete(isCounted, RECOVERY_LIMIT_MS)
  }
  isOver = true
  const clients = [...consumers, ...applications]
  await simulation.complete(Promise.all(clients.map(client => client.stop())), INSPECTION_LIMIT_MS)
  if (applications.length > 0) {
    const counts = await simulation.complete(readCounts(inspector.platform, scenario), INSPECTION_LIMIT_MS)
    judgeCounts(counts, log, scenario, history)
  }
  await simulation.complete(readCommitted(inspector.platform, scenario, history), INSPECTION_LIMIT_MS)
  judge(log, history)
  await simulation.complete(broker.stop(), INSPECTION_LIMIT_MS)
}
