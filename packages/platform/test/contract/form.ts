import { createCodecs, memoryNetwork, type Platform, realPlatform, Simulation } from '@millrace/platform'

/** One form of the seams, as the contract suites run it. */
export interface Form {
  readonly name: string
  /** A fresh world with one platform in it, and what makes asynchronous code in that world progress. */
  open(): Promise<World>
}

export interface World {
  readonly platform: Platform
  /** Runs a test's code to its end. */
  run<T>(code: () => Promise<T>): Promise<T>
}

const codecs = createCodecs()
const real = realPlatform()

export const REAL: Form = {
  name: 'real',
  open: async () => ({ platform: real, run: code => code() }),
}

export const MEMORY: Form = {
  name: 'memory',
  open: async () => ({ platform: { ...real, network: memoryNetwork(real.timers) }, run: code => code() }),
}

export const SIMULATED: Form = {
  name: 'simulated',
  async open() {
    const simulation = new Simulation({ seed: 1, codecs })
    return { platform: simulation.node('machine').platform, run: code => simulation.complete(code()) }
  },
}
