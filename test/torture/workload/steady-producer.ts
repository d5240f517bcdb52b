import { setTimeout as sleep } from 'node:timers/promises'
import { Producer } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import type { HistoryRecorder } from '../history/history.ts'
import { sizedValue } from '../history/sized-value.ts'

const SMALLEST_BYTES = 100
const MEDIUM_BYTES = 2_000
const LARGEST_BYTES = 64 * 1024
/** One record in so many may have any size, the others a small one: many records, and many sizes. */
const LARGE_SHARE = 0.1
const LONGEST_BURST = 40
const LONGEST_PAUSE_MS = 60
const MOST_UNANSWERED = 400

export interface SteadyProducerOptions {
  readonly name: string
  readonly topic: string
  readonly partitionCount: number
  readonly bootstrapServers: string
  readonly random: SeededRandom
  readonly recorder: HistoryRecorder
}

/** Sends bursts of records of all sizes to all partitions until it is told to stop, with idempotence and acks=all. */
export class SteadyProducer {
  readonly problems: string[] = []
  private readonly producer: Producer
  private unanswered = 0
  private sent = 0
  private isStopping = false
  private readonly running: Promise<void>

  constructor(private readonly options: SteadyProducerOptions) {
    const { bootstrapServers, name } = options
    this.producer = new Producer({ bootstrapServers, clientId: name, requestTimeoutMs: 5_000, retryBackoffMaxMs: 200 })
    this.running = this.run()
  }

  /** Waits for the answers to everything sent. */
  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
    await this.producer.close()
  }

  private async run(): Promise<void> {
    const { random } = this.options
    while (!this.isStopping) {
      for (let left = random.between(1, LONGEST_BURST); left > 0 && this.unanswered < MOST_UNANSWERED; left--)
        this.send()
      await sleep(random.integer(LONGEST_PAUSE_MS))
    }
  }

  private send(): void {
    const { name: producer, topic, partitionCount, random, recorder } = this.options
    const partition = random.integer(partitionCount)
    const name = `${producer}/${partition}/${this.sent++}`
    const write = recorder.write({ name, partition: `${topic}-${partition}`, producer, transaction: null })
    this.unanswered++
    this.producer.send({ topic, partition, value: sizedValue(name, sizeFrom(random)) }).then(
      ({ offset }) => {
        this.unanswered--
        recorder.acknowledged(write, offset)
      },
      error => {
        this.unanswered--
        this.problems.push(`${name} was given up: ${error}`)
      },
    )
  }
}

/** Every order of magnitude is as likely as every other. */
function sizeFrom(random: SeededRandom): number {
  const largest = random.chance(LARGE_SHARE) ? LARGEST_BYTES : MEDIUM_BYTES
  return Math.round(SMALLEST_BYTES * (largest / SMALLEST_BYTES) ** random.next())
}
