import {
  boolean,
  COMPRESSIONS,
  type ConfigType,
  defineConfig,
  InvalidConfigError,
  int,
  long,
  oneOf,
  text,
} from '@millrace/protocol'
import { CONNECTION_CONFIG } from '../config/connection-config.ts'
import { type OptionsOf, type ParsedOptions, parseOptions } from '../config/options.ts'
import { ContradictingSettingsError } from '../errors/client-errors.ts'

/** More in flight than a broker remembers sequences of (`ProducerStateEntry`): beyond it order and uniqueness are lost. */
const MAX_IN_FLIGHT_WITH_IDEMPOTENCE = 5

export type Acks = 'all' | 0 | 1

const acks: ConfigType<Acks> = {
  name: 'STRING',
  parse(raw) {
    if (raw === 'all' || raw === -1 || raw === '-1') return 'all'
    if (raw === 0 || raw === '0') return 0
    if (raw === 1 || raw === '1') return 1
    throw new Error('must be all, 0 or 1')
  },
  print: String,
}

export const PRODUCER_CONFIG = defineConfig({
  ...CONNECTION_CONFIG,
  acks: {
    type: acks,
    default: 'all',
    doc: 'Who must have a record before it counts as sent: all replicas in sync, the leader alone (1), or nobody (0).',
  },
  'enable.idempotence': {
    type: boolean(),
    default: true,
    doc: 'Retries write nothing twice and keep the order. Unless asked for, it yields to acks other than all, to no retries and to more than 5 requests in flight.',
  },
  'batch.size': {
    type: int({ min: 0 }),
    default: 16_384,
    doc: 'A batch of this many bytes is sent without waiting for more. The records of one sendBatch call stay together beyond it.',
  },
  'linger.ms': {
    type: long({ min: 0 }),
    default: 5,
    doc: 'How long a batch waits for more records. Unless set, a batch does not wait while the broker has nothing of this producer to do.',
  },
  'buffer.memory': {
    type: long({ min: 0 }),
    default: 33_554_432,
    doc: 'Bytes of records that may wait for their acknowledgement. A send beyond them waits for room.',
  },
  'max.block.ms': {
    type: long({ min: 0 }),
    default: 60_000,
    doc: 'How long a send may wait for room in the buffer, or for the metadata of its topic.',
  },
  'max.request.size': {
    type: int({ min: 1 }),
    default: 1_048_576,
    doc: 'Most bytes of a request, and so of a record, before compression.',
  },
  'max.in.flight.requests.per.connection': {
    type: int({ min: 1 }),
    default: 5,
    doc: 'Requests to one broker that may wait for their answers at a time.',
  },
  retries: {
    type: int({ min: 0 }),
    default: 2_147_483_647,
    doc: 'How often a batch is sent again. delivery.timeout.ms is the better limit.',
  },
  'delivery.timeout.ms': {
    type: int({ min: 0 }),
    default: 120_000,
    doc: 'When a record counts as failed: waiting, sending and all retries together. At least linger.ms + request.timeout.ms.',
  },
  'transactional.id': {
    type: text(),
    default: '',
    doc: 'Makes the producer transactional. The same for each incarnation of one writer: a newer one fences the older.',
  },
  'transaction.timeout.ms': {
    type: int({ min: 1 }),
    default: 60_000,
    doc: 'How long a transaction may be open before the coordinator aborts it and fences its producer.',
  },
  'compression.type': {
    type: oneOf(...COMPRESSIONS),
    default: 'none',
    doc: 'How batches are compressed.',
  },
})

export type ProducerConfigOptions = OptionsOf<typeof PRODUCER_CONFIG>
export type ProducerSettings = ParsedOptions<typeof PRODUCER_CONFIG> & {
  /** `linger.ms` was asked for: batches wait even when the broker is idle. */
  readonly alwaysLingers: boolean
}

/**
 * Reads a producer's options. Settings that contradict each other are refused if both were asked for; a default yields
 * (apache/kafka `ProducerConfig.postProcessAndValidateIdempotenceConfigs`).
 * Throws `InvalidConfigError` and {@link ContradictingSettingsError}, both with code INVALID_CONFIG.
 */
export function producerSettings(
  options: Readonly<Record<string, unknown>>,
  others: readonly string[],
): ProducerSettings {
  const { values, isGiven } = parseOptions(PRODUCER_CONFIG, options, others)
  const isTransactional = values.transactionalId !== ''
  if (isTransactional && !values.enableIdempotence)
    throw new ContradictingSettingsError(['transactionalId', 'enableIdempotence'], 'transactions need idempotence')
  const enableIdempotence = idempotence(values, isTransactional || isGiven('enableIdempotence'))
  const deliveryTimeoutMs = deliveryTimeout(values, isGiven('deliveryTimeoutMs'))
  if (values.batchSize > values.maxRequestSize && isGiven('batchSize'))
    throw new InvalidConfigError('batchSize', values.batchSize, `maxRequestSize is only ${values.maxRequestSize}`)
  return { ...values, enableIdempotence, deliveryTimeoutMs, alwaysLingers: isGiven('lingerMs') }
}

function idempotence(values: ParsedOptions<typeof PRODUCER_CONFIG>, isAskedFor: boolean): boolean {
  if (!values.enableIdempotence) return false
  const inFlight = values.maxInFlightRequestsPerConnection
  const obstacle =
    values.acks !== 'all'
      ? (['acks', 'acks must be all'] as const)
      : values.retries === 0
        ? (['retries', 'retries must be more than 0'] as const)
        : inFlight > MAX_IN_FLIGHT_WITH_IDEMPOTENCE
          ? ([
              'maxInFlightRequestsPerConnection',
              `at most ${MAX_IN_FLIGHT_WITH_IDEMPOTENCE} requests may be in flight`,
            ] as const)
          : null
  if (obstacle === null) return true
  if (!isAskedFor) return false
  throw new ContradictingSettingsError(['enableIdempotence', obstacle[0]], `for an idempotent producer ${obstacle[1]}`)
}

function deliveryTimeout(values: ParsedOptions<typeof PRODUCER_CONFIG>, isAskedFor: boolean): number {
  const leastMs = values.lingerMs + values.requestTimeoutMs
  if (values.deliveryTimeoutMs >= leastMs) return values.deliveryTimeoutMs
  if (!isAskedFor) return leastMs
  throw new ContradictingSettingsError(
    ['deliveryTimeoutMs', 'lingerMs', 'requestTimeoutMs'],
    `the first must be at least the sum of the others, ${leastMs} ms`,
  )
}
