import { array, int16, int32, int64, message, struct, uint32, type ValueOf } from '../wire/schema.ts'

const producerEntry = struct({
  producerId: { type: int64, versions: '1' },
  epoch: { type: int16, versions: '1' },
  lastSequence: { type: int32, versions: '1' },
  lastOffset: { type: int64, versions: '1' },
  offsetDelta: { type: int32, versions: '1' },
  timestamp: { type: int64, versions: '1' },
  coordinatorEpoch: { type: int32, versions: '1' },
  currentTxnFirstOffset: { type: int64, versions: '1' },
})

/** A partition's `.snapshot` file, behind an int16 with the version: the last batch of each producer. */
export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: '1',
  flexible: 'none',
  fields: {
    crc: { type: uint32, versions: '1', about: 'CRC-32C of everything behind it.' },
    producerEntries: { type: array(producerEntry), versions: '1' },
  },
})
export type ProducerSnapshot = ValueOf<typeof ProducerSnapshot>
