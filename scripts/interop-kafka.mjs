// Starts Apache Kafka on loopback, runs the tests in test/interop against it, stops it. Arguments go on to vitest.
// With --nodes 3 it is three nodes, and the tests are those in test/interop/three-nodes.
// Kafka comes from the script that MILLRACE_RUN_KAFKA names (start, stop; KAFKA_VERSION chooses the version).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

const testArguments = process.argv.slice(2)
const nodesAt = testArguments.indexOf('--nodes')
const nodes = nodesAt < 0 ? 1 : Number(testArguments.splice(nodesAt, 2)[1])

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

/** Listeners with TLS and SASL beside the plain one. Sessions end after four seconds, so that tests see them renewed. */
function securitySettings(ports) {
  const certificates = join(root, 'packages', 'client', 'test', 'security', 'certificates')
  const pem = name => readFileSync(join(certificates, name), 'utf8').trim().replaceAll('\n', '\\n')
  const modules = 'org.apache.kafka.common.security'
  const unsecured = `${modules}.oauthbearer.internals.unsecured.OAuthBearerUnsecured`
  const listeners = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const mechanisms = {
    plain: `${modules}.plain.PlainLoginModule required user_alice="alice-secret";`,
    'scram-sha-256': `${modules}.scram.ScramLoginModule required;`,
    'scram-sha-512': `${modules}.scram.ScramLoginModule required;`,
    oauthbearer: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice";`,
  }
  const ofListener = name => [
    ...Object.entries(mechanisms).map(
      ([mechanism, jaas]) => `listener.name.${name}.${mechanism}.sasl.jaas.config=${jaas}`,
    ),
    `listener.name.${name}.oauthbearer.sasl.server.callback.handler.class=${unsecured}ValidatorCallbackHandler`,
    `listener.name.${name}.oauthbearer.sasl.login.callback.handler.class=${unsecured}LoginCallbackHandler`,
  ]
  return [
    `listeners=${listeners.join(',')}`,
    `advertised.listeners=${listeners.filter(listener => !listener.startsWith('CONTROLLER')).join(',')}`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.certificate.chain=${pem('localhost.pem')}`,
    `ssl.keystore.key=${pem('localhost.key')}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.certificates=${pem('ca.pem')}`,
    'listener.name.ssl.ssl.client.auth=required',
    `sasl.enabled.mechanisms=${Object.keys(mechanisms).join(',').toUpperCase()}`,
    'connections.max.reauth.ms=4000',
    ...ofListener('sasl_ssl'),
    ...ofListener('sasl_plaintext'),
  ].flatMap(setting => ['--prop', setting])
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
const environment = { ...process.env, KAFKA_DIR: directory }
const kafka = (...args) =>
  spawnSync(runKafka, args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

// Members of groups whose coordinator divides the partitions (KIP-848) hear of it at once.
const quickGroups = ['group.consumer.min.heartbeat.interval.ms=50', 'group.consumer.heartbeat.interval.ms=50'].flatMap(
  setting => ['--prop', setting],
)

/** Everybody may do everything, but there is an authorizer, and replicas can move between directories. */
const administration = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found=true',
  'super.users=User:ANONYMOUS',
  `log.dirs=${join(directory, 'data-1')},${join(directory, 'data-1-b')}`,
].flatMap(setting => ['--prop', setting])

let status = 1
try {
  const port = await freePort()
  const ports = {
    PLAINTEXT: port,
    // Where the script that starts Kafka has it.
    CONTROLLER: port + 101,
    SASL_SSL: await freePort(),
    SASL_PLAINTEXT: await freePort(),
    SSL: await freePort(),
  }
  const settings = nodes === 1 ? [...securitySettings(ports), ...administration] : []
  const started = kafka('start', '--nodes', String(nodes), '--port', String(port), ...settings, ...quickGroups)
  if (started.status === 0) {
    const servers = started.stdout.trim().split('\n').at(-1)
    console.log(`interop: Apache Kafka at ${servers}`)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const config = join(root, 'test', 'interop', 'vitest.config.ts')
    const args = [vitest, 'run', '--config', config, ...testArguments]
    const env = {
      ...process.env,
      KAFKA_DIR: directory,
      MILLRACE_KAFKA_NODES: String(nodes),
      MILLRACE_RUN_KAFKA: runKafka,
      MILLRACE_KAFKA_SERVERS: servers,
      MILLRACE_KAFKA_DATA: join(directory, 'data-1'),
      MILLRACE_KAFKA_SASL_SSL: `127.0.0.1:${ports.SASL_SSL}`,
      MILLRACE_KAFKA_SASL_PLAINTEXT: `127.0.0.1:${ports.SASL_PLAINTEXT}`,
      MILLRACE_KAFKA_SSL: `127.0.0.1:${ports.SSL}`,
    }
    status = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
  }
} finally {
  kafka('stop')
  rmSync(directory, { recursive: true, force: true })
}
process.exit(status)
