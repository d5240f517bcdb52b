import type { SeededRandom } from '@millrace/platform'
import { APIS, type Api, decodeFrom, encodeRequestFrame, MillraceError, openRequest } from '@millrace/protocol'
import { mutated } from '../fuzz/mutate.ts'
import { randomMessage, type Vocabulary } from '../fuzz/random-message.ts'
import { sampleBatch } from '../fuzz/sample-batches.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const ALL_APIS: readonly Api[] = Object.values(APIS)
/** A frame of a few hundred bytes that takes longer than this to read has sent the decoder round in circles. */
const LONGEST_DECODE_MS = 1_000
const VOCABULARY: Vocabulary = { names: ['a', 'topic', 'group'], records: sampleBatch }

export const wireFuzz: Trial = {
  name: 'wire-fuzz',
  promise:
    'Broken request frames of every API and version are refused by the decoder: nothing else is thrown, nothing takes a second',
  unit: 'frames',
  ciCount: 200_000,
  goalCount: 2_000_000,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  let refused = 0
  let slowestMs = 0
  for (let done = 0; done < count; done++) {
    const api = ALL_APIS[done % ALL_APIS.length]!
    const frame = mutated(requestFrame(api, random, VOCABULARY), random)
    const startMs = performance.now()
    try {
      decodeRequest(frame)
    } catch (error) {
      if (error instanceof MillraceError) refused++
      else problems.push(`${api.name}: ${error instanceof Error ? error.stack : error}; frame ${frame.toString('hex')}`)
    }
    const tookMs = performance.now() - startMs
    slowestMs = Math.max(slowestMs, tookMs)
    if (tookMs > LONGEST_DECODE_MS) problems.push(`${api.name} took ${tookMs} ms: ${frame.toString('hex')}`)
    if (done % 10_000 === 0) progress(`${done} of ${count} frames, ${problems.length} problems`)
  }
  return { problems, figures: { refused, 'slowest, ms': Math.ceil(slowestMs) } }
}

/** Without its size. */
export function requestFrame(api: Api, random: SeededRandom, vocabulary: Vocabulary): Buffer {
  const { min, max } = api.request.versions
  const version = random.between(min, max)
  const value = randomMessage(api.request, version, vocabulary, random)
  const header = { correlationId: random.integer(1_000), clientId: 'fuzz' }
  return Buffer.concat(encodeRequestFrame(header, api.request, value as never, version).slice(1))
}

function decodeRequest(frame: Buffer): void {
  const { api, version, reader } = openRequest(frame)
  if (api === undefined) return
  const { min, max } = api.request.versions
  if (version >= min && version <= max) decodeFrom(api.request, reader, version)
}
