/** Every block of the README does what it says. `npm run flights` and `npm test` are what CI itself runs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { buildMillrace, eventually, Server } from './millrace/millrace-process.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** Ignored by git; inside the repository, so that its packages are found. */
const GENERATED = `${ROOT}test/.generated/readme`
const RUN_BY_CI = ['npm run flights', 'npm test']

const blocks = [...readFileSync(`${ROOT}README.md`, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, language, text]) => ({ language: language!, text: text!.trimEnd() }),
)
const programs = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
const [topology, application, schemas, ...otherPrograms] = programs
const [start, sql, brokerAlone, ...otherCommands] = commands.filter(text => !RUN_BY_CI.includes(text))

const directory = mkdtempSync(join(tmpdir(), 'millrace-readme-'))
let server: Server

beforeAll(async () => {
  mkdirSync(GENERATED, { recursive: true })
  await buildMillrace()
  server = await Server.start(join(directory, 'data'))
}, 60_000)
afterAll(async () => {
  await server.process.stop('SIGTERM')
  rmSync(directory, { recursive: true })
  rmSync(GENERATED, { recursive: true })
})

/** Runs a program and gives what it printed, beside the comments in which it says so. */
async function run(name: string, program: string): Promise<{ printed: string[]; promised: string[] }> {
  const path = `${GENERATED}/${name}.ts`
  writeFileSync(path, program)
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(values.join(' ')))
  try {
    await import(path)
  } finally {
    log.mockRestore()
  }
  return { printed, promised: [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text]) => text!) }
}

/** Starts a command in a process group of its own, as a terminal does. */
function shell(command: string) {
  const child = spawn('bash', ['-c', command], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const group = {
    output: '',
    async exitCode(): Promise<number | null> {
      await closed
      return child.exitCode
    },
    /** Ctrl-C: all of the group hear it. */
    interrupt: () => process.kill(-child.pid!, 'SIGINT'),
  }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      group.output += text
    })
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  })
  return group
}

test('there is a test for each block', () => {
  expect([...otherPrograms, ...otherCommands]).toEqual([])
  expect(commands).toEqual(expect.arrayContaining(RUN_BY_CI))
})

test('the topology prints what its comments say', async () => {
  const { printed, promised } = await run('topology', topology!)
  expect(promised).toEqual(['42'])
  expect(printed).toEqual(promised)
})

test('the topology is an application on a broker', async () => {
  const create = shell(
    ['orders', 'spend-per-customer']
      .map(topic => `node packages/millrace/dist/main.js topics create ${topic} -b ${server.broker}`)
      .join(' && '),
  )
  expect(await create.exitCode(), create.output).toBe(0)
  const local = application!.replace(
    "bootstrapServers: 'localhost:9092'",
    `bootstrapServers: '${server.broker}', stateDir: '${directory}/state'`,
  )
  expect(local).not.toBe(application)
  await run('application', `${topology}\n${local}`)
})

test('schemas are registered and values come back', async () => {
  const { printed, promised } = await run('schemas', schemas!.replace('http://localhost:8081', server.registry))
  expect(promised).toEqual(['4200'])
  expect(printed).toEqual(promised)
  expect(await (await fetch(`${server.registry}/subjects`)).json()).toEqual(['payments-value'])
})

test('the programs are right by their types', async () => {
  const config = `${GENERATED}/tsconfig.json`
  writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.test.json', include: ['*.ts'], references: [] }))
  const check = shell(`node node_modules/typescript/bin/tsc -p ${config}`)
  expect(await check.exitCode(), check.output).toBe(0)
})

test('SQL answers', async () => {
  const local = sql!
    .replaceAll(/millrace -- (?:topics create|produce)/g, `$& --bootstrap-server ${server.broker}`)
    .replaceAll('millrace -- sql', `$& --server ${server.sql}`)
  const question = local.split('\n').at(-1)!
  const made = shell(`set -e\n${local.slice(0, -question.length)}`)
  expect(await made.exitCode(), made.output).toBe(0)
  await eventually(async () => {
    const asked = shell(question)
    expect(await asked.exitCode(), asked.output).toBe(0)
    expect(asked.output).toMatch(/ada +2 +42/)
    return true
  })
})

test.each([
  ['everything in one process', start!, /Millrace is ready/, '--port 0 --registry-port 0 --sql-port 0'],
  ['the broker alone', brokerAlone!, /^ready 127\.0\.0\.1:\d+$/m, '--port 0'],
])('%s starts, and stops on Ctrl-C', async (_, command, ready, ports) => {
  const server = shell(`${command.replace('.millrace/', `${directory}/alone-`).replace(' --port 9092', '')} ${ports}`)
  await eventually(() => (ready.test(server.output) ? true : null))
  server.interrupt()
  await server.exitCode()
  expect(server.output).not.toMatch(/error/i)
})
