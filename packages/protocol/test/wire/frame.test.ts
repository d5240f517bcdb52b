import { expect, test } from 'vitest'
import { HeartbeatRequest, HeartbeatResponse } from '../../src/messages/12-heartbeat.ts'
import { ApiVersionsResponse } from '../../src/messages/18-api-versions.ts'
import { decodeResponse, encodeRequestFrame, encodeResponseFrame } from '../../src/wire/frame.ts'

const heartbeat = { groupId: 'g', generationId: 3, memberId: 'm-1', groupInstanceId: null }

test('a frame starts with its size and keeps the client id in the old encoding', () => {
  const frame = Buffer.concat(encodeRequestFrame({ correlationId: 7, clientId: 'c' }, HeartbeatRequest, heartbeat, 4))
  expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  expect(frame.toString('hex', 4, 16)).toBe('000c0004' + '00000007' + '000163' + '00')
})

test('a flexible response has tagged fields in its header, an ApiVersions response never has (KIP-511)', () => {
  const flexible = Buffer.concat(encodeResponseFrame(7, HeartbeatResponse, { errorCode: 0 }, 4))
  expect(flexible.toString('hex')).toBe('0000000c' + '00000007' + '00' + '00000000' + '0000' + '00')
  expect(decodeResponse(HeartbeatResponse, flexible.subarray(4), 4)).toEqual({ throttleTimeMs: 0, errorCode: 0 })
  const apiVersions = Buffer.concat(encodeResponseFrame(7, ApiVersionsResponse, { errorCode: 35, apiKeys: [] }, 3))
  expect(apiVersions.toString('hex')).toBe('0000000c' + '00000007' + '0023' + '01' + '00000000' + '00')
})
