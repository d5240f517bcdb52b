import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, TestCluster } from './test-cluster.ts'

const KILLS = 4
const KEYS = 20
const RECORDS_PER_ROUND = 1_000
/** Below node_modules, so that the program finds the packages it imports. */
const PROGRAM_DIRECTORY = fileURLToPath(new URL('../../node_modules/.cache/millrace-kill-test/', import.meta.url))

let cluster: TestCluster
beforeAll(async () => {
  cluster = await TestCluster.start()
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL('seen-ids-app.ts', import.meta.url)),
      outDir: PROGRAM_DIRECTORY,
      target: 'node20',
    },
    ssr: { noExternal: [/^@millrace\//], resolve: { conditions: ['millrace-source', 'node'] } },
  })
})
afterAll(async () => {
  await cluster.close()
  await rm(PROGRAM_DIRECTORY, { recursive: true })
})

class Program {
  output = ''
  private readonly child: ChildProcess
  private readonly exited: Promise<unknown>

  constructor() {
    this.child = spawn(
      process.execPath,
      [`${PROGRAM_DIRECTORY}seen-ids-app.js`, cluster.bootstrapServers, cluster.stateDir],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    this.child.stdout!.on('data', text => {
      this.output += text
    })
    this.child.stderr!.on('data', text => {
      this.output += text
    })
    this.exited = new Promise(resolve => this.child.once('exit', resolve))
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }
}

async function seenIds(): Promise<Set<number>> {
  const latest = new Map<string, number[]>()
  for (const { key, value } of await cluster.read('seen-ids')) latest.set(String(key), JSON.parse(String(value)))
  return new Set([...latest.values()].flat())
}

test(`an application killed ${KILLS} times loses nothing and never starts over`, async () => {
  await mkdir(cluster.stateDir)
  await cluster.createTopics({ events: 2, 'seen-ids': 1 })
  const outputs: string[] = []
  let produced = 0
  const produce = async () => {
    const ids = Array.from({ length: RECORDS_PER_ROUND }, (_, i) => produced + i)
    produced += RECORDS_PER_ROUND
    await cluster.produce(
      'events',
      ids.map(id => ({ key: `k${id % KEYS}`, value: String(id), timestampMs: id })),
    )
  }
  await produce()
  for (let round = 0; round <= KILLS; round++) {
    const program = new Program()
    // The first half of what is new is seen before more comes, and the kill hits the middle of that.
    await eventually(async () =>
      expect((await seenIds()).size, program.output).toBeGreaterThan(produced - RECORDS_PER_ROUND / 2),
    )
    if (round < KILLS) await produce()
    else await eventually(async () => expect((await seenIds()).size).toBe(produced))
    await program.kill()
    outputs.push(program.output)
  }
  expect(outputs.join('')).not.toContain('local state is removed')
  // Each restart reads the end of the changelog that the run before had not persisted, if there is any.
  const starts = outputs.flatMap(text => /task 0_0: restoring seen from (\d+)/.exec(text)?.[1] ?? []).map(Number)
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  expect(starts.at(-1)).toBeGreaterThan(0)
}, 120_000)
