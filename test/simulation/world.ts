import type { Simulation } from '@millrace/platform'
import { SimulatedEngineDisk } from '@millrace/streams'
import { startBroker } from './broker.ts'
import { consume } from './consuming.ts'
import { copy } from './copying.ts'
import { count } from './counting.ts'
import type { History } from './history.ts'
import { Machine, type MachineOptions } from './machine.ts'
import { observe } from './observing.ts'
import { produce } from './producing.ts'
import type { Scenario } from './scenario.ts'

/** All machines of a run, each with its program running. */
export class World {
  readonly broker: Machine
  readonly producers: readonly Machine[]
  readonly consumers: readonly Machine[]
  readonly applications: readonly Machine[]
  readonly copiers: readonly Machine[]
  readonly observer: Machine
  /** Producers that have records left to send. */
  readonly unfinished = new Set<string>()
  private isOver = false

  constructor(
    private readonly simulation: Simulation,
    private readonly scenario: Scenario,
    private readonly history: History,
  ) {
    this.broker = this.machine({
      name: 'broker',
      program: ({ platform }) => startBroker(platform, scenario, history),
    })
    this.producers = times(scenario.producers, index => this.producer(`producer${index + 1}`))
    this.consumers = times(scenario.consumers, index => this.consumer(`consumer${index + 1}`))
    this.applications = times(scenario.applications, index => this.application(`application${index + 1}`))
    this.copiers = times(scenario.copiers, index => this.copier(`copier${index + 1}`))
    this.observer = this.machine({
      name: 'observer',
      program: start => observe({ ...start, scenario, history, isOver: () => this.isOver }),
    })
  }

  get clients(): readonly Machine[] {
    return [...this.producers, ...this.consumers, ...this.applications, ...this.copiers]
  }

  /** Stops everything that reads. */
  async stopReaders(): Promise<void> {
    this.isOver = true
    const readers = [...this.consumers, ...this.applications, ...this.copiers, this.observer]
    await Promise.all(readers.map(machine => machine.stop()))
  }

  private machine(options: Pick<MachineOptions, 'name' | 'program'> & Partial<MachineOptions>): Machine {
    const { simulation, history } = this
    return new Machine({ simulation, history, isNeeded: () => !this.isOver, ...options })
  }

  private producer(name: string): Machine {
    const { scenario, history, simulation } = this
    this.unfinished.add(name)
    return this.machine({
      name,
      program: async start => {
        const random = simulation.random.split(start.name)
        return produce({ ...start, scenario, history, random, onDone: () => this.unfinished.delete(name) })
      },
      isNeeded: () => this.unfinished.has(name),
    })
  }

  private consumer(name: string): Machine {
    const { history, simulation } = this
    return this.machine({
      name,
      program: start => consume({ ...start, history, random: simulation.random.split(start.name) }),
    })
  }

  private copier(name: string): Machine {
    const { simulation, scenario } = this
    return this.machine({
      name,
      program: async start => {
        const random = simulation.random.split(start.name)
        return copy({ ...start, transactionalId: scenario.copiesInTransactions ? name : null, random })
      },
    })
  }

  private application(name: string): Machine {
    const { scenario, simulation } = this
    const disk = new SimulatedEngineDisk()
    const random = simulation.random.split(`${name} state`)
    return this.machine({
      name,
      program: start => count({ ...start, scenario, stateEngines: disk.engines(start.platform) }),
      onCrash: kind => disk.crash(kind, random),
    })
  }
}

function times<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index))
}
