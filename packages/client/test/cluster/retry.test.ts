import { createCodecs, SeededRandom, Simulation } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { expect, test } from 'vitest'
import { retrying, staleKnowledgeOf } from '../../src/cluster/retry.ts'
import { Backoff } from '../../src/connection/backoff.ts'
import { ConnectionError } from '../../src/errors/client-errors.ts'

const simulation = new Simulation({ seed: 1, codecs: createCodecs() })
const { platform } = simulation.node('client')
const backoff = new Backoff(100, 1_000, platform.random)
const retriable = new KafkaError(ErrorCode.NOT_COORDINATOR)

test('backoff doubles up to its maximum, with a fifth of jitter', () => {
  const random = new SeededRandom(5)
  const steps = new Backoff(100, 1_000, random)
  for (const [failures, ms] of [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1_000],
    [100, 1_000],
  ] as const)
    for (let round = 0; round < 50; round++) {
      const delayMs = steps.delayMs(failures)
      expect(delayMs).toBeGreaterThanOrEqual(ms * 0.8)
      expect(delayMs).toBeLessThan(ms * 1.2)
    }
})
test('repeats what is retriable and recovers in between', async () => {
  let attempts = 0
  const recovered: unknown[] = []
  const result = retrying(
    'trying',
    platform,
    backoff,
    { timeoutMs: 10_000 },
    async () => {
      if (++attempts < 4) throw retriable
      return 'done'
    },
    async error => void recovered.push(error),
  )
  expect(await simulation.complete(result)).toBe('done')
  expect(recovered).toEqual([retriable, retriable, retriable])
})
test('ends with the limit and says what it last failed with', async () => {
  const beganMs = simulation.nowMs
  const result = retrying('trying', platform, backoff, { timeoutMs: 3_000 }, () => Promise.reject(retriable))
  await expect(simulation.complete(result)).rejects.toMatchObject({ code: 'TIMED_OUT', cause: retriable })
  expect(simulation.nowMs - beganMs).toBeLessThan(3_000)
})
test('an error for good ends it at once', async () => {
  const error = new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  const result = retrying('trying', platform, backoff, { timeoutMs: 3_000 }, () => Promise.reject(error))
  await expect(simulation.complete(result)).rejects.toBe(error)
})
test('the signal ends a pause', async () => {
  const controller = new AbortController()
  const limit = { timeoutMs: 60_000, signal: controller.signal }
  const result = retrying('trying', platform, backoff, limit, () => Promise.reject(retriable))
  simulation.at(10, () => controller.abort(new Error('enough')))
  await expect(simulation.complete(result)).rejects.toThrow('enough')
})
test.each([
  [new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER), 'metadata'],
  [new KafkaError(ErrorCode.NOT_COORDINATOR), 'coordinator'],
  [new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS), null],
  [new ConnectionError('broker', 'gone'), 'metadata'],
  [new Error('a bug'), null],
])('%s makes %s stale', (error, stale) => {
  expect(staleKnowledgeOf(error)).toBe(stale)
})
