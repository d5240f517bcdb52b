import type { Random } from '@millrace/platform'

/** Kafka's clients spread their pauses by this share in both directions. */
const JITTER = 0.2

/** Exponential pauses with jitter (KIP-580). */
export class Backoff {
  constructor(
    private readonly initialMs: number,
    private readonly maxMs: number,
    private readonly random: Random,
  ) {}

  /** Pause before attempt `failures + 1`, after `failures` ≥ 1 failed ones, in ms. Never above the maximum by more than the jitter. */
  delayMs(failures: number): number {
    const delayMs = Math.min(this.initialMs * 2 ** Math.min(failures - 1, 30), Math.max(this.maxMs, this.initialMs))
    return delayMs * (1 - JITTER + 2 * JITTER * this.random.next())
  }
}
