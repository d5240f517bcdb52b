import { expect, test } from 'vitest'
import { HeartbeatReporter, type MemberReport } from '../../../../src/consumer/group/consumer/heartbeat-report.ts'

const REPORT: MemberReport = {
  instanceId: null,
  rackId: 'r1',
  rebalanceTimeoutMs: 300,
  topics: ['t'],
  pattern: null,
  serverAssignor: null,
  owned: new Map([['id', [1, 2]]]),
}
const EVERYTHING = {
  instanceId: null,
  rackId: 'r1',
  rebalanceTimeoutMs: 300,
  subscribedTopicNames: ['t'],
  serverAssignor: null,
  topicPartitions: [{ topicId: 'id', partitions: [1, 2] }],
}

test('everything is said until it was heard, then what has changed', () => {
  const reporter = new HeartbeatReporter()
  expect(reporter.fields(REPORT)).toEqual(EVERYTHING)
  expect(reporter.fields(REPORT)).toEqual(EVERYTHING)
  reporter.acknowledged()
  expect(reporter.fields(REPORT)).toEqual({ instanceId: null })
  const moved = { ...REPORT, owned: new Map([['id', [2]]]) }
  expect(reporter.fields(moved)).toEqual({ instanceId: null, topicPartitions: [{ topicId: 'id', partitions: [2] }] })
  // Not heard, so it is said again.
  expect(reporter.fields(moved)).toHaveProperty('topicPartitions')
  reporter.acknowledged()
  reporter.forget()
  expect(reporter.fields(REPORT)).toEqual(EVERYTHING)
})
test('a pattern takes the place of topics, and back', () => {
  const reporter = new HeartbeatReporter()
  reporter.fields(REPORT)
  reporter.acknowledged()
  const matched = { ...REPORT, topics: null, pattern: 'a.*' }
  expect(reporter.fields(matched)).toMatchObject({ subscribedTopicNames: [], subscribedTopicRegex: 'a.*' })
  reporter.acknowledged()
  expect(reporter.fields(REPORT)).toMatchObject({ subscribedTopicNames: ['t'], subscribedTopicRegex: '' })
})
test('a static member always says who it is', () => {
  const reporter = new HeartbeatReporter()
  reporter.fields({ ...REPORT, instanceId: 'i' })
  reporter.acknowledged()
  expect(reporter.fields({ ...REPORT, instanceId: 'i' })).toEqual({ instanceId: 'i' })
})
