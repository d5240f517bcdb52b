/** What an administrator can ask of Apache Kafka alone: quotas, ACLs, SCRAM users, several log directories. */
import { Admin } from '@millrace/client'
import { afterAll, describe, expect, test } from 'vitest'

const bootstrapServers = process.env.MILLRACE_KAFKA_SERVERS
if (bootstrapServers === undefined)
  throw new Error('MILLRACE_KAFKA_SERVERS names no brokers: use npm run interop:kafka')

const admin = new Admin({ bootstrapServers })
afterAll(() => admin.close())
/** So that a second run finds nothing of the first. */
const run = Date.now().toString(36)
const name = (what: string) => `${what}-${run}`

describe('quotas', () => {
  test('are set, described by a filter, and taken away', async () => {
    const [alice, app] = [name('alice'), name('app')]
    const quotas = async (filter: Parameters<Admin['describeClientQuotas']>[0]) =>
      (await admin.describeClientQuotas(filter)).map(({ entity, quotas }) => [entity, Object.fromEntries(quotas)])
    await admin.alterClientQuotas([
      { entity: { user: alice }, quotas: { producer_byte_rate: 1_000, request_percentage: 12.5 } },
      { entity: { user: alice, 'client-id': app }, quotas: { consumer_byte_rate: 2_000 } },
      { entity: { user: null }, quotas: { producer_byte_rate: 5_000 } },
    ])
    const ofAlice = [{ user: alice }, { producer_byte_rate: 1_000, request_percentage: 12.5 }]
    const ofBoth = [{ user: alice, 'client-id': app }, { consumer_byte_rate: 2_000 }]
    await expect.poll(() => quotas({ entity: { user: alice }, strict: true })).toEqual([ofAlice])
    expect((await quotas({ entity: { user: alice } })).length).toBe(2)
    expect(await quotas({ entity: { user: alice, 'client-id': { any: true } } })).toEqual([ofBoth])
    expect(await quotas({ entity: { user: null } })).toContainEqual([{ user: null }, { producer_byte_rate: 5_000 }])
    await admin.alterClientQuotas([
      { entity: { user: alice }, quotas: { producer_byte_rate: null, request_percentage: null } },
      { entity: { user: null }, quotas: { producer_byte_rate: null } },
    ])
    await expect.poll(() => quotas({ entity: { user: alice } })).toEqual([ofBoth])
  })
  test('are refused by entity', async () => {
    const altering = admin.alterClientQuotas(
      [
        { entity: { user: name('bob') }, quotas: { producer_byte_rate: 1 } },
        { entity: { user: name('eve') }, quotas: { no_such_rate: 1 } },
      ],
      { validateOnly: true },
    )
    const error = await altering.catch(error => error)
    expect([error.code, [...error.failures.keys()]]).toEqual(['INVALID_REQUEST', [`user=${name('eve')}`]])
  })
})

describe('ACLs', () => {
  test('are created, found and deleted', async () => {
    const principal = `User:${name('alice')}`
    const binding = {
      resourceType: 'TOPIC',
      resourceName: name('orders'),
      patternType: 'LITERAL',
      principal,
      host: '*',
      operation: 'READ',
      permissionType: 'ALLOW',
    } as const
    const others = { ...binding, patternType: 'PREFIXED', resourceName: 'ord', operation: 'WRITE' } as const
    await admin.createAcls([binding, others])
    const found = async (filter: Parameters<Admin['describeAcls']>[0]) =>
      (await admin.describeAcls({ principal, ...filter })).map(({ operation }) => operation).sort()
    await expect.poll(() => found({})).toEqual(['READ', 'WRITE'])
    expect(await found({ resourceName: binding.resourceName })).toEqual(['READ'])
    const holding = { resourceType: 'TOPIC', resourceName: binding.resourceName, patternType: 'MATCH' } as const
    expect(await found(holding)).toEqual(['READ', 'WRITE'])
    expect(await admin.deleteAcls([{ principal, operation: 'READ' }, { principal: 'User:nobody' }])).toEqual([
      [binding],
      [],
    ])
    await expect.poll(() => found({})).toEqual(['WRITE'])
    await admin.deleteAcls([{ principal }])
  })
  test('are refused one by one', async () => {
    const binding = {
      resourceType: 'CLUSTER',
      resourceName: 'not-the-cluster',
      patternType: 'LITERAL',
      principal: 'User:x',
      host: '*',
      operation: 'ALTER',
      permissionType: 'DENY',
    } as const
    await expect(admin.createAcls([binding])).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })
})

describe('SCRAM users', () => {
  test('get credentials, are described and lose them', async () => {
    const [alice, bob] = [name('alice'), name('bob')]
    await admin.alterUserScramCredentials([
      { user: alice, mechanism: 'SCRAM-SHA-256', password: 'secret', iterations: 4_096 },
      { user: bob, mechanism: 'SCRAM-SHA-256', password: 'other' },
    ])
    await admin.alterUserScramCredentials([{ user: alice, mechanism: 'SCRAM-SHA-512', password: 'secret' }])
    const credentials = [
      { mechanism: 'SCRAM-SHA-256', iterations: 4_096 },
      { mechanism: 'SCRAM-SHA-512', iterations: 8_192 },
    ]
    const ofAlice = async () => {
      const described = await admin.describeUserScramCredentials({ users: [alice] }).catch(() => undefined)
      return described?.get(alice)?.sort((a, b) => a.iterations - b.iterations)
    }
    await expect.poll(ofAlice).toEqual(credentials)
    const all = await admin.describeUserScramCredentials()
    expect([...all.keys()]).toEqual(expect.arrayContaining([alice, bob]))
    await admin.alterUserScramCredentials([
      { user: alice, mechanism: 'SCRAM-SHA-256', delete: true },
      { user: bob, mechanism: 'SCRAM-SHA-256', delete: true },
    ])
    await expect.poll(ofAlice).toEqual(credentials.slice(1))
    const gone = admin.describeUserScramCredentials({ users: [bob] })
    await expect(gone).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    const few = admin.alterUserScramCredentials([
      { user: bob, mechanism: 'SCRAM-SHA-256', password: 'x', iterations: 1 },
    ])
    await expect(few).rejects.toMatchObject({ code: 'UNACCEPTABLE_CREDENTIAL' })
  })
  test('with these credentials log in', async () => {
    const servers = process.env.MILLRACE_KAFKA_SASL_PLAINTEXT
    if (servers === undefined) throw new Error('MILLRACE_KAFKA_SASL_PLAINTEXT names no broker')
    const user = name('carol')
    await admin.alterUserScramCredentials([{ user, mechanism: 'SCRAM-SHA-512', password: 'carols' }])
    const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="carols";`
    const loggedIn = new Admin({
      bootstrapServers: servers,
      securityProtocol: 'SASL_PLAINTEXT',
      saslMechanism: 'SCRAM-SHA-512',
      saslJaasConfig: jaas,
    })
    await expect.poll(() => loggedIn.describeCluster({ timeoutMs: 2_000 }).catch(() => null)).not.toBeNull()
    await loggedIn.close()
  })
})

test('a replica is moved to another log directory', async () => {
  const topic = name('moving')
  await admin.createTopics([{ name: topic, partitions: 1 }])
  const [node] = (await admin.describeCluster()).nodes
  const replica = { topic, partition: 0, brokerId: node!.nodeId }
  const place = async () => (await admin.describeReplicaLogDirs([replica]))[0]!
  await expect.poll(async () => (await place()).currentPath).not.toBeNull()
  const { currentPath } = await place()
  const paths = [...(await admin.describeLogDirs([replica.brokerId])).get(replica.brokerId)!.keys()]
  const path = paths.find(each => each !== currentPath)!
  await admin.alterReplicaLogDirs([{ ...replica, path }])
  await expect.poll(place, { timeout: 20_000 }).toMatchObject({ currentPath: path, futurePath: null })
})
