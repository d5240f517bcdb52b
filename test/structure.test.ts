import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const CHECK = new URL('../scripts/check-structure.mjs', import.meta.url).pathname

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-structure-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Checks a repository of these files, given as path below `packages` → text. */
function check(files: Readonly<Record<string, string>>): { status: number | null; violations: string[] } {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'packages', path)), { recursive: true })
    writeFileSync(join(root, 'packages', path), text)
  }
  const { status, stderr } = spawnSync(process.execPath, [CHECK, root], { encoding: 'utf8' })
  return { status, violations: stderr.split('\n').filter(line => line.startsWith('packages/')) }
}

test('this repository keeps its structure', () => {
  const { status, stderr } = spawnSync(process.execPath, [CHECK], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

const SOUND = {
  'platform/src/index.ts': "export { now } from './now.ts'\n",
  'platform/src/now.ts': "import fs from 'node:fs'\nexport const now = () => Date.now() + fs.statSync('.').size\n",
  'protocol/src/index.ts': "export { a } from './a.ts'\n",
  'protocol/src/a.ts': "import type { B } from './b.ts'\nexport const a: B = 1\n",
  'protocol/src/b.ts': 'export type B = number\n',
  'client/src/index.ts':
    "import { now } from '@millrace/platform'\nimport { a } from '@millrace/protocol'\nexport { a, now }\n",
  'client/test/client.test.ts': "import { a } from '../src/index.ts'\nsetTimeout(() => a, 1)\n",
}

test('a sound repository passes', () => {
  expect(check(SOUND)).toEqual({ status: 0, violations: [] })
})

test.each<[name: string, path: string, text: string, violation: string]>([
  [
    'an import against the direction of the packages',
    'protocol/src/wrong.ts',
    "\nimport { now } from '@millrace/platform'\n",
    'packages/protocol/src/wrong.ts:2: protocol must not import platform (it may import: nothing)',
  ],
  [
    'one of types only',
    'client/src/wrong.ts',
    "import type { Broker } from '@millrace/broker'\n",
    'packages/client/src/wrong.ts:1: client must not import broker (it may import: platform, protocol)',
  ],
  [
    'one made when the program runs',
    'client/src/wrong.ts',
    "const broker = await import('@millrace/broker')\n",
    'packages/client/src/wrong.ts:1: client must not import broker (it may import: platform, protocol)',
  ],
  [
    'an import past the front door of a package',
    'client/src/wrong.ts',
    "import {\n  b,\n} from '@millrace/protocol/dist/b.js'\n",
    "packages/client/src/wrong.ts:3: imports '@millrace/protocol/dist/b.js'; a package is entered through '@millrace/protocol' only",
  ],
  [
    'one by path, in a test too',
    'client/test/wrong.test.ts',
    "export * from '../../protocol/src/b.ts'\n",
    "packages/client/test/wrong.test.ts:1: imports packages/protocol/src/b.ts by path; import another package as '@millrace/<name>'",
  ],
  [
    'an import of the own index',
    'protocol/src/wire/wrong.ts',
    "import { a } from '../index.ts'\n",
    'packages/protocol/src/wire/wrong.ts:1: imports ../index.ts; import the file that defines the thing',
  ],
  [
    'an import of the own package',
    'client/src/wrong.ts',
    "import { a } from '@millrace/client'\n",
    'packages/client/src/wrong.ts:1: imports its own package; import the file that defines the thing',
  ],
  [
    'sources that import tests',
    'client/src/wrong.ts',
    "import { a } from '../test/client.test.ts'\n",
    'packages/client/src/wrong.ts:1: sources import packages/client/test/client.test.ts, which is not a source',
  ],
  [
    'a package that the table does not know',
    'surprise/src/wrong.ts',
    "import { a } from '@millrace/protocol'\n",
    'packages/surprise/src/wrong.ts:1: package surprise is missing in the table of allowed imports',
  ],
])('%s fails', (_, path, text, violation) => {
  expect(check({ ...SOUND, [path]: text })).toEqual({ status: 1, violations: [violation] })
})

test('cycles fail, types included, and each file in one is shown once on its way round', () => {
  const { violations } = check({
    'broker/src/a.ts': "import { c } from './c.ts'\n\nimport { b } from './b.ts'\nexport const a = b + c\n",
    'broker/src/b.ts': "import type { C } from './c.ts'\nexport const b: C = 1\n",
    'broker/src/c.ts': "import type { a } from './a.ts'\nexport type C = typeof a\n",
  })
  expect(violations).toEqual([
    'packages/broker/src/a.ts:1: import cycle: broker/src/a.ts → broker/src/c.ts → broker/src/a.ts',
    'packages/broker/src/b.ts:1: import cycle: broker/src/b.ts → broker/src/c.ts → broker/src/a.ts → broker/src/b.ts',
  ])
})

test.each<[code: string, says: string]>([
  ['Date.now()', 'uses Date.now; take Clock.nowMs'],
  ['new Date()', 'uses new Date(); take Clock.nowMs'],
  ['performance.now()', 'uses performance; take Clock.monotonicMs'],
  ['process.hrtime.bigint()', 'uses process.hrtime; take Clock.monotonicMs'],
  ['Math.random()', 'uses Math.random; take Random'],
  ['crypto.randomUUID()', 'uses randomUUID; take Random'],
  ['setTimeout(f, 1)', 'uses setTimeout; take Timers.after'],
  ['[].map(setInterval)', 'uses setInterval; take Timers.after'],
  ['setImmediate(f)', 'uses setImmediate; take Timers.soon'],
  ['process.nextTick(f)', 'uses process.nextTick; take Timers.soon'],
  ['AbortSignal.timeout(5)', 'uses AbortSignal.timeout; take Timers.after'],
  [
    "await import('node:fs/promises')",
    "imports 'node:fs/promises'; only platform reaches the machine, take what you need from the Platform",
  ],
  ["require('net')", "imports 'net'; only platform reaches the machine, take what you need from the Platform"],
])('%s outside platform fails', (code, says) => {
  const { violations } = check({ 'streams/src/wrong.ts': `const text = \`a \${1} b\`\nexport const x = ${code}\n` })
  expect(violations).toEqual([`packages/streams/src/wrong.ts:2: ${says}`])
})

test('code inside a template literal is code', () => {
  const { violations } = check({
    'streams/src/wrong.ts': ['export const x = `Date.now $', '{Date.now()} setTimeout`\n'].join(''),
  })
  expect(violations).toEqual(['packages/streams/src/wrong.ts:1: uses Date.now; take Clock.nowMs'])
})

test.each([
  '// Date.now()',
  "/* import fs from 'node:fs' */",
  "export const text = 'Math.random()'",
  'export const text = `setTimeout`',
  'export const pattern = /setTimeout\\(["/]/',
  'export const date = new Date(0)',
  'export const half = (a: number) => a / 2 // " setTimeout',
  'export const fire = (host: Host) => host.setTimeout',
  "import { createHash } from 'node:crypto'",
  "export const specifier = 'node:fs'",
])('%s is fine', text => {
  expect(check({ 'streams/src/fine.ts': `${text}\n` }).violations).toEqual([])
})
