// Starts Apache Kafka on loopback, runs the tests in test/interop against it, stops it. Arguments go on to vitest.
// Kafka comes from the script that MILLRACE_RUN_KAFKA names (start, stop; KAFKA_VERSION chooses the version).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const runKafka = resolve(root, process.env.MILLRACE_RUN_KAFKA ?? '../shared/kafka/run-kafka')
if (!existsSync(runKafka)) {
  console.error(`interop: ${runKafka} does not exist: set MILLRACE_RUN_KAFKA to a script that starts and stops Kafka`)
  process.exit(1)
}

function freePort() {
  return new Promise((resolvePort, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolvePort(port))
    })
  })
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
const environment = { ...process.env, KAFKA_DIR: directory }
const kafka = (...args) =>
  spawnSync(runKafka, args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

let status = 1
try {
  const started = kafka('start', '--port', String(await freePort()))
  if (started.status === 0) {
    const servers = started.stdout.trim().split('\n').at(-1)
    console.log(`interop: Apache Kafka at ${servers}`)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const config = join(root, 'test', 'interop', 'vitest.config.ts')
    const args = [vitest, 'run', '--config', config, ...process.argv.slice(2)]
    const env = { ...process.env, MILLRACE_KAFKA_SERVERS: servers }
    status = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
  }
} finally {
  kafka('stop')
  rmSync(directory, { recursive: true, force: true })
}
process.exit(status)
