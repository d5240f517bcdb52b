import { CALM_DISK, createCodecs, type Files, Simulation } from '@millrace/platform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const codecs = createCodecs()
const simulate = (seed: number | string = 1) => new Simulation({ seed, codecs })

describe('a crash', () => {
  type Step =
    | { readonly kind: 'write'; readonly name: string; readonly position: number; readonly bytes: Uint8Array }
    | { readonly kind: 'truncate'; readonly name: string; readonly size: number }
    | { readonly kind: 'sync' | 'remove'; readonly name: string }
    | { readonly kind: 'rename'; readonly name: string; readonly to: string }
    | { readonly kind: 'syncDirectory' }

  const name = fc.constantFrom('a', 'b', 'c')
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        name,
        position: fc.integer({ min: 0, max: 10_000 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 6_000, size: 'max' }),
      }),
    },
    fc.record({ kind: fc.constant('truncate' as const), name, size: fc.integer({ min: 0, max: 10_000 }) }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('sync' as const), name }) },
    fc.record({ kind: fc.constant('remove' as const), name }),
    fc.record({ kind: fc.constant('rename' as const), name, to: name }),
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('syncDirectory' as const) }) },
  )

  /** What may be at each place of one file: a single value where the last sync settled it. */
  class FileModel {
    content = Buffer.alloc(0)
    private possible: Set<number>[] = []
    private shortest = 0
    private longest = 0

    write(position: number, bytes: Uint8Array): void {
      const content = Buffer.alloc(Math.max(this.content.length, position + bytes.length))
      content.set(this.content)
      content.set(bytes, position)
      // Zeros between the old end and the write may come without it, and a page of it may be missing.
      for (let index = this.content.length; index < content.length; index++) this.allow(index, 0)
      bytes.forEach((byte, index) => void this.allow(position + index, byte))
      this.content = content
      this.longest = Math.max(this.longest, content.length)
    }

    truncate(size: number): void {
      const content = Buffer.alloc(size)
      content.set(this.content.subarray(0, size))
      for (let index = size; index < Math.max(this.longest, size); index++) this.allow(index, 0)
      for (let index = this.content.length; index < size; index++) this.allow(index, 0)
      this.content = content
      this.shortest = Math.min(this.shortest, size)
      this.longest = Math.max(this.longest, size)
    }

    sync(): void {
      this.possible = [...this.content].map(byte => new Set([byte]))
      this.shortest = this.longest = this.content.length
    }

    allows(survived: Buffer): boolean {
      return (
        survived.length >= this.shortest &&
        survived.length <= this.longest &&
        survived.every((byte, index) => this.possible[index]!.has(byte))
      )
    }

    private allow(index: number, byte: number): void {
      while (this.possible.length <= index) this.possible.push(new Set([0]))
      this.possible[index]!.add(byte)
    }
  }

  /** Plays the steps on the files and on a model: the names now, and every set of names a crash may leave. */
  async function play(steps: readonly Step[], files: Files) {
    files.makeDirectory('/d')
    await files.syncDirectory('/')
    let names = new Map<string, FileModel>()
    let possibleNames = [names]
    const change = (next: Map<string, FileModel>) => {
      names = next
      possibleNames.push(next)
    }
    for (const step of steps) {
      if (step.kind === 'syncDirectory') {
        await files.syncDirectory('/d')
        possibleNames = [names]
        continue
      }
      const path = `/d/${step.name}`
      let model = names.get(step.name)
      if (step.kind === 'remove' || step.kind === 'rename') {
        if (model === undefined || (step.kind === 'rename' && step.to === step.name)) continue
        const next = new Map(names)
        next.delete(step.name)
        if (step.kind === 'rename') {
          files.rename(path, `/d/${step.to}`)
          next.set(step.to, model)
        } else {
          files.remove(path)
        }
        change(next)
        continue
      }
      const file = files.open(path, 'write')
      if (model === undefined) {
        model = new FileModel()
        change(new Map(names).set(step.name, model))
      }
      if (step.kind === 'write') {
        file.write(step.bytes, step.position)
        model.write(step.position, step.bytes)
      } else if (step.kind === 'truncate') {
        file.truncate(step.size)
        model.truncate(step.size)
      } else {
        await file.sync()
        model.sync()
      }
      file.close()
    }
    return { names, possibleNames }
  }

  test('of the machine leaves each name and byte that a sync settled, and of the rest only what was there once', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer(), async (steps, seed) => {
        const simulation = simulate(seed)
        const node = simulation.node('machine')
        const { possibleNames } = await simulation.complete(play(steps, node.platform.files))
        node.crash('power')
        const { files } = node.start()
        const survivors = files.list('/d')
        const fitting = possibleNames.filter(candidate => [...candidate.keys()].sort().join() === survivors.join())
        // Several moments may have had these names, for different files; one of them has to explain the content.
        const explained = fitting.some(candidate =>
          [...candidate].every(([name, model]) => model.allows(files.read(`/d/${name}`))),
        )
        expect(explained, `${survivors.join()} of ${fitting.length} moments`).toBe(true)
      }),
      { numRuns: 300 },
    ))

  test('of the process alone loses nothing', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer(), async (steps, seed) => {
        const simulation = simulate(seed)
        const node = simulation.node('machine')
        const { names } = await simulation.complete(play(steps, node.platform.files))
        node.crash('kill')
        const { files } = node.start()
        expect(files.list('/d')).toEqual([...names.keys()].sort())
        for (const [name, model] of names) expect(files.read(`/d/${name}`).equals(model.content), name).toBe(true)
      }),
      { numRuns: 50 },
    ))

  /** What a program that writes `ab…` without a sync finds after a power loss, over many seeds. */
  async function outcomes(bytes: Buffer): Promise<Set<string>> {
    const found = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const simulation = simulate(seed)
      const node = simulation.node('machine')
      const { files } = node.platform
      const file = files.open('/log', 'create')
      await simulation.complete(files.syncDirectory('/'))
      file.write(bytes, 0)
      node.crash('power')
      const survived = node.start().files.read('/log')
      found.add(
        survived.length === 0
          ? 'nothing'
          : survived.equals(bytes)
            ? 'everything'
            : survived.length < bytes.length
              ? 'less'
              : 'holes',
      )
    }
    return found
  }

  test('may keep an unsynced write, lose it, tear it or leave holes in it', async () => {
    expect([...(await outcomes(Buffer.alloc(20_000, 'x')))].sort()).toEqual(['everything', 'holes', 'less', 'nothing'])
  })

  test('may lose an unsynced name, and with a directory all below it', async () => {
    const left = new Set<boolean>()
    for (let seed = 0; seed < 40; seed++) {
      const simulation = simulate(seed)
      const node = simulation.node('machine')
      const { files } = node.platform
      files.makeDirectory('/topic')
      const file = files.open('/topic/log', 'create')
      file.write(Buffer.from('x'), 0)
      await simulation.complete(Promise.all([file.sync(), files.syncDirectory('/topic')]))
      node.crash('power')
      left.add(node.start().files.exists('/topic/log'))
    }
    expect(left).toEqual(new Set([true, false]))
  })

  test('a sync covers what was written before it began, not what came while it ran', async () => {
    const sizes = new Set<number>()
    for (let seed = 0; seed < 20; seed++) {
      const simulation = simulate(seed)
      const node = simulation.node('machine')
      const log = node.platform.files.open('/log', 'create')
      await simulation.complete(node.platform.files.syncDirectory('/'))
      log.write(Buffer.alloc(10, 'a'), 0)
      const syncing = log.sync()
      log.write(Buffer.alloc(10, 'b'), 10)
      await simulation.complete(syncing)
      node.crash('power')
      sizes.add(node.start().files.read('/log').length)
    }
    expect(Math.min(...sizes)).toBe(10)
    expect(Math.max(...sizes)).toBe(20)
  })

  test('inside a write leaves the program in the void and the disk with a part of the write', async () => {
    const lengths = new Set<number>()
    for (let seed = 0; seed < 20; seed++) {
      const simulation = simulate(seed)
      const node = simulation.node('machine')
      const file = node.platform.files.open('/log', 'create')
      file.write(Buffer.alloc(100, 'a'), 0)
      node.crashDuringWrite('kill', 1)
      file.write(Buffer.alloc(100, 'b'), 100)
      file.write(Buffer.alloc(100, 'c'), 200)
      expect(node.isUp).toBe(false)
      file.write(Buffer.alloc(100, 'd'), 300)
      const survived = node.start().files.read('/log').toString()
      expect(survived).toMatch(/^a{100}b{100}c*$/)
      lengths.add(survived.length)
    }
    expect(lengths.size).toBeGreaterThan(5)
  })
})

describe('a disk in trouble', () => {
  test('runs full: the write fails with ENOSPC, what was there stays, freed space can be used', () => {
    const node = simulate().node('machine')
    node.diskConditions = { ...CALM_DISK, capacityBytes: 1000 }
    const { files } = node.platform
    const file = files.open('/a', 'create')
    file.write(Buffer.alloc(900, 'a'), 0)
    expect(files.freeBytes('/')).toBe(100)
    expect(() => file.write(Buffer.alloc(200, 'b'), 900)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    expect(file.size).toBeLessThanOrEqual(1000)
    file.write(Buffer.alloc(900, 'c'), 0)
    file.truncate(0)
    file.write(Buffer.alloc(1000, 'd'), 0)
    expect(files.freeBytes('/')).toBe(0)
  })

  test('fails reads, writes and syncs with EIO', async () => {
    const simulation = simulate()
    const node = simulation.node('machine')
    const { files } = node.platform
    const file = files.open('/a', 'create')
    file.write(Buffer.alloc(10), 0)
    node.diskConditions = { ...CALM_DISK, readErrorRate: 1, writeErrorRate: 1, syncErrorRate: 1 }
    const failure = expect.objectContaining({ code: 'EIO' })
    expect(() => file.read(Buffer.alloc(1), 0, 1, 0)).toThrow(failure)
    expect(() => files.read('/a')).toThrow(failure)
    expect(() => file.write(Buffer.alloc(1), 0)).toThrow(failure)
    expect(() => file.syncNow()).toThrow(failure)
    const inPool: Promise<unknown>[] = [file.sync(), file.readAsync(Buffer.alloc(1), 0, 1, 0), files.syncDirectory('/')]
    for (const promise of inPool) {
      await expect(simulation.complete(promise)).rejects.toEqual(failure)
    }
  })

  test('a sync after a failed one succeeds and does not save what the failed one lost', async () => {
    const survived = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const simulation = simulate(seed)
      const node = simulation.node('machine')
      const { files } = node.platform
      const file = files.open('/a', 'create')
      await simulation.complete(files.syncDirectory('/'))
      file.write(Buffer.from('lost?'), 0)
      node.diskConditions = { ...CALM_DISK, syncErrorRate: 1 }
      await expect(simulation.complete(file.sync())).rejects.toMatchObject({ code: 'EIO' })
      node.diskConditions = CALM_DISK
      await simulation.complete(file.sync())
      expect(files.read('/a').toString()).toBe('lost?')
      node.crash('power')
      survived.add(node.start().files.read('/a').toString())
    }
    expect(survived.has('lost?')).toBe(true)
    expect(survived.size).toBeGreaterThan(1)
  })
})

test('one crash leaves many disks', async () => {
  const simulation = simulate()
  const node = simulation.node('disk')
  node.keepsCrashScene = true
  const file = node.platform.files.open('/file', 'create')
  const synced = Promise.all([file.sync(), node.platform.files.syncDirectory('/')])
  await simulation.complete(synced)
  file.write(Buffer.from('abcdefgh'), 0)
  node.crash('power')
  const scene = node.crashScene!
  const contents = new Set<string>()
  for (let again = 0; again < 50; again++) {
    node.crashAgainFrom(scene, 'power')
    contents.add(String(node.start().files.read('/file')))
    node.crash('kill')
  }
  expect(contents).toContain('')
  expect(contents).toContain('abcdefgh')
  expect(contents.size).toBeGreaterThan(3)
  node.crashAgainFrom(scene, 'kill')
  expect(String(node.start().files.read('/file'))).toBe('abcdefgh')
})
