import {
  createCodecs,
  ProcessFailedError,
  Simulation,
  SimulationError,
  troubledDisk,
  troubledNetwork,
} from '@millrace/platform'
import { describe, expect, test } from 'vitest'

const codecs = createCodecs()
const simulate = (seed: number | string = 1) => new Simulation({ seed, codecs })

/** Two nodes that use every seam, with crashes; returns what they saw. */
async function busyRun(seed: number): Promise<{ trace: string; log: string[] }> {
  const simulation = simulate(seed)
  const log: string[] = []
  const server = simulation.node('server')
  const client = simulation.node('client')
  const chaos = simulation.random.split('chaos')
  simulation.network.conditions = troubledNetwork(chaos)
  server.diskConditions = troubledDisk(chaos)

  async function serve(): Promise<void> {
    const { network, files } = server.platform
    const file = files.open('/log', 'write')
    await network.listen({ host: 'server', port: 9092 }, connection => {
      connection.handler = {
        async onData(chunk) {
          file.write(chunk, file.size)
          await file.sync()
          connection.write([Buffer.from(`${file.size};`)])
        },
        onClose: error => log.push(`server closed ${error?.code}`),
      }
    })
  }

  async function ask(): Promise<void> {
    const { network, timers, random, clock } = client.platform
    for (let round = 0; round < 30; round++) {
      try {
        const connection = await network.connect({ host: 'server', port: 9092, timeoutMs: 500 })
        await new Promise<void>(resolve => {
          const timer = timers.after(200, () => connection.destroy())
          connection.handler = {
            onData: chunk => log.push(chunk.toString()),
            onClose(error) {
              timer.cancel()
              log.push(`client closed ${error?.code}`)
              resolve()
            },
          }
          for (let write = 0; write < 5; write++) connection.write([random.bytes(1 + random.integer(5_000))])
        })
      } catch (error) {
        log.push(String(error))
      }
      log.push(String(clock.nowMs()))
      await timers.sleep(random.integer(50))
    }
  }

  await simulation.complete(serve())
  for (let crash = 1; crash <= 3; crash++) {
    simulation.at(crash * 700, () => {
      if (server.isUp) server.crash(crash % 2 === 0 ? 'kill' : 'power')
    })
    simulation.at(crash * 700 + 300, () => {
      server.start()
      void serve()
    })
  }
  await simulation.complete(ask())
  return { trace: simulation.trace, log }
}

describe('determinism', () => {
  test.each([1, 2, 3, 4, 5])('seed %d gives the same run twice', async seed => {
    const first = await busyRun(seed)
    const second = await busyRun(seed)
    expect(second).toEqual(first)
  })

  test('another seed gives another run', async () => {
    const traces = await Promise.all([1, 2, 3].map(async seed => (await busyRun(seed)).trace))
    expect(new Set(traces).size).toBe(3)
  })

  test('a run is the same whatever else the event loop does', async () => {
    const alone = await busyRun(6)
    const noise = setInterval(() => {}, 0)
    const [disturbed] = await Promise.all([busyRun(6), busyRun(7)])
    clearInterval(noise)
    expect(disturbed).toEqual(alone)
  })
})

describe('running', () => {
  test('time passes only from event to event, at once', async () => {
    const simulation = simulate()
    const { clock, timers } = simulation.node('a').platform
    const start = clock.nowMs()
    await simulation.complete(timers.sleep(86_400_000), 86_400_000)
    expect(clock.nowMs() - start).toBe(86_400_000)
  })

  test('every promise settles before the next event', async () => {
    const simulation = simulate()
    const { timers } = simulation.node('a').platform
    const log: string[] = []
    async function deep(depth: number): Promise<void> {
      if (depth > 0) await deep(depth - 1)
      else await Promise.resolve()
    }
    timers.after(1, async () => {
      await deep(100)
      log.push('settled')
    })
    timers.after(1, () => log.push('next'))
    await simulation.runFor(10)
    expect(log).toEqual(['settled', 'next'])
  })

  test('a run that cannot end says why', async () => {
    const simulation = simulate()
    const { timers } = simulation.node('a').platform
    await expect(simulation.run(() => false)).rejects.toMatchObject({ code: 'DEADLOCK' })
    const forever = () => void timers.after(100, forever)
    forever()
    await expect(simulation.run(() => false, 1000)).rejects.toMatchObject({ code: 'TIME_LIMIT' })
    const impatient = new Simulation({ seed: 1, codecs, stepLimit: 10 })
    const again = () => impatient.node('a').platform.timers.soon(again)
    again()
    const failure = impatient.run(() => false)
    await expect(failure).rejects.toBeInstanceOf(SimulationError)
    await expect(failure).rejects.toMatchObject({ code: 'STEP_LIMIT' })
  })

  test('an uncaught exception of a program ends the run and names its node', async () => {
    const simulation = simulate()
    simulation.node('a').platform.timers.after(1, () => {
      throw new Error('oh no')
    })
    const failure = simulation.runFor(10)
    await expect(failure).rejects.toBeInstanceOf(ProcessFailedError)
    await expect(failure).rejects.toThrow('uncaught exception in a during timer: Error: oh no')
  })
})

describe('nodes', () => {
  test('have disks and randomness of their own, and clocks as wrong as they are set', async () => {
    const simulation = simulate()
    const [a, b] = [simulation.node('a'), simulation.node('b')]
    a.platform.files.open('/file', 'create')
    expect(b.platform.files.exists('/file')).toBe(false)
    expect(a.platform.random.next()).not.toBe(b.platform.random.next())
    b.clockSkewMs = -5000
    expect(b.platform.clock.nowMs() - a.platform.clock.nowMs()).toBe(-5000)
    expect(b.platform.clock.monotonicMs()).toBe(a.platform.clock.monotonicMs())
  })

  test.each(['kill', 'power'] as const)('after a crash (%s) nothing of the old program ever happens', async kind => {
    const simulation = simulate()
    const node = simulation.node('a')
    const old = node.platform
    const happened: string[] = []
    const file = old.files.open('/file', 'create')
    old.timers.after(5, () => happened.push('timer'))
    old.timers.soon(() => happened.push('turn'))
    void old.timers.sleep(5).then(() => happened.push('sleep'))
    void file.sync().then(() => happened.push('sync'))
    void old.files.syncDirectory('/').then(() => happened.push('directory'))
    void old.network.connect({ host: 'nobody', port: 1, timeoutMs: 5 }).catch(() => happened.push('connect'))
    await old.network.listen({ host: 'a', port: 1 }, () => happened.push('accept'))
    node.crash(kind)
    // A program does not notice that it has crashed.
    old.timers.after(5, () => happened.push('new timer'))
    file.write(Buffer.from('ghost'), 0)
    old.files.open('/ghost', 'create')
    void old.network.listen({ host: 'a', port: 2 }, () => happened.push('new accept'))
    void old.network.connect({ host: 'a', port: 2, timeoutMs: 5 }).catch(() => happened.push('new connect'))
    const { files, network } = node.start()
    for (const port of [1, 2]) {
      const connecting = network.connect({ host: 'a', port, timeoutMs: 1000 })
      await expect(simulation.complete(connecting)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
    await simulation.runFor(10_000)
    expect(happened).toEqual([])
    expect(files.exists('/ghost')).toBe(false)
  })

  test('a stalled program gets everything late and in order', async () => {
    const simulation = simulate()
    const node = simulation.node('a')
    const { timers, clock } = node.platform
    const start = clock.monotonicMs()
    const log: [string, number][] = []
    timers.after(30, () => log.push(['second', clock.monotonicMs() - start]))
    timers.after(10, () => log.push(['first', clock.monotonicMs() - start]))
    node.stall(50)
    await simulation.runFor(100)
    expect(log).toEqual([
      ['first', 50],
      ['second', 50],
    ])
  })

  test('starting one that is up, or using one that is down, is a mistake', () => {
    const node = simulate().node('a')
    expect(() => node.start()).toThrow('a is up already')
    node.crash('kill')
    node.crash('kill')
    expect(() => node.platform).toThrow('a is down')
  })
})
