/** Kafka's defaults: `metrics.num.samples`, `metrics.sample.window.ms`. */
const SAMPLES = 2
const SAMPLE_MS = 30_000

interface Sample {
  startMs: number
  count: number
  sum: number
  max: number
}

/** Average, maximum and rate of what was recorded in the last minute, and the count of all time. */
export class WindowedSensor {
  private readonly samples: Sample[] = []
  private recorded = 0

  record(value: number, nowMs: number): void {
    this.recorded++
    let sample = this.samples.at(-1)
    if (sample === undefined || nowMs - sample.startMs >= SAMPLE_MS) {
      sample = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY }
      this.samples.push(sample)
      this.forget(nowMs)
    }
    sample.count++
    sample.sum += value
    if (value > sample.max) sample.max = value
  }

  /** Of all time. */
  get total(): number {
    return this.recorded
  }
  /** NaN without a recording in the window. */
  average(nowMs: number): number {
    const { count, sum } = this.window(nowMs)
    return sum / count
  }
  /** NaN without a recording in the window. */
  max(nowMs: number): number {
    const { count, max } = this.window(nowMs)
    return count === 0 ? Number.NaN : max
  }
  /** Recordings per second. */
  rate(nowMs: number): number {
    const { count, startMs } = this.window(nowMs)
    // As if the older windows had been there and empty, so that the first recordings do not look like a storm.
    const seconds = Math.max(nowMs - startMs, SAMPLE_MS * (SAMPLES - 1)) / 1_000
    return count / seconds
  }

  private window(nowMs: number): Sample {
    this.forget(nowMs)
    const all: Sample = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY }
    for (const { startMs, count, sum, max } of this.samples) {
      all.startMs = Math.min(all.startMs, startMs)
      all.count += count
      all.sum += sum
      all.max = Math.max(all.max, max)
    }
    return all
  }

  private forget(nowMs: number): void {
    while (this.samples.length > 0 && nowMs - this.samples[0]!.startMs >= SAMPLES * SAMPLE_MS) this.samples.shift()
  }
}
