import { expect, test } from 'vitest'
import { ErrorCode, KAFKA_ERRORS, kafkaErrorOf } from '../../src/errors/error-codes.ts'
import { KafkaError } from '../../src/errors/kafka-error.ts'

test('the table has every code from −1 to 133 once', () => {
  const codes = Object.values(KAFKA_ERRORS).map(row => row.code)
  expect(codes).toEqual(Array.from({ length: 135 }, (_, index) => index - 1))
})

test('messages are lower case, without a full stop', () => {
  for (const { message } of Object.values(KAFKA_ERRORS)) expect(message).toMatch(/^[a-z].*[^.]$/)
})

test('a code leads to its name and to whether a retry helps', () => {
  expect(kafkaErrorOf(ErrorCode.NOT_COORDINATOR)).toMatchObject({ name: 'NOT_COORDINATOR', code: 16, retriable: true })
  expect(kafkaErrorOf(ErrorCode.ILLEGAL_GENERATION)).toMatchObject({ code: 22, retriable: false })
})

test('a code of the future counts as UNKNOWN_SERVER_ERROR and keeps its number', () => {
  expect(kafkaErrorOf(999)).toMatchObject({ name: 'UNKNOWN_SERVER_ERROR', code: 999, retriable: false })
})

test('KafkaError carries name, number, retriable and what failed', () => {
  const error = new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'commit of group g')
  expect(error).toMatchObject({ code: 'COORDINATOR_LOAD_IN_PROGRESS', errorCode: 14, retriable: true })
  expect(error.message).toBe('commit of group g: the coordinator is still reading its log')
  expect(new KafkaError(ErrorCode.NOT_CONTROLLER).message).toBe('the broker is not the controller')
})
