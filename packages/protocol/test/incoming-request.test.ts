import { expect, test } from 'vitest'
import { APIS } from '../src/apis.ts'
import { openRequest } from '../src/incoming-request.ts'
import { decodeFrom } from '../src/wire/compile.ts'
import { MalformedMessageError } from '../src/wire/errors.ts'
import { encodeRequestFrame } from '../src/wire/frame.ts'

const metadataFrame = Buffer.concat(
  encodeRequestFrame(
    { correlationId: 7, clientId: 'c' },
    APIS.Metadata.request,
    { topics: null, allowAutoTopicCreation: false },
    12,
  ),
).subarray(4)

test('the reader stands at the message', () => {
  const { api, version, correlationId, clientId, reader } = openRequest(metadataFrame)
  expect({ api, version, correlationId, clientId }).toEqual({
    api: APIS.Metadata,
    version: 12,
    correlationId: 7,
    clientId: 'c',
  })
  expect(decodeFrom(APIS.Metadata.request, reader, version).allowAutoTopicCreation).toBe(false)
  expect(reader.remaining).toBe(0)
})

test('an ApiVersions request of the future has a header that can be read', () => {
  const frame = Buffer.from('0012' + '0063' + '00000001' + '000163' + '00' + 'cafe', 'hex')
  const { api, version, correlationId, reader } = openRequest(frame)
  expect({ api, version, correlationId }).toEqual({ api: APIS.ApiVersions, version: 99, correlationId: 1 })
  expect(reader.remaining).toBe(2)
})

test('an unknown API is reported, not guessed', () => {
  const { api, apiKey, clientId } = openRequest(Buffer.from('03e7' + '0000' + '00000001' + 'ffff', 'hex'))
  expect({ api, apiKey, clientId }).toEqual({ api: undefined, apiKey: 999, clientId: null })
})

test('a frame that ends within its header is malformed', () => {
  for (let length = 0; length < 12; length++)
    expect(() => openRequest(metadataFrame.subarray(0, length))).toThrow(MalformedMessageError)
})
