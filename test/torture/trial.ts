import type { SeededRandom } from '@millrace/platform'

/** One promise of the broker, put to the test again and again. */
export interface Trial {
  /** `npm run torture -- <name>`. */
  readonly name: string
  /** What is promised: the words of the table of results. */
  readonly promise: string
  /** What is counted, in the plural: kills, states, histories, … */
  readonly unit: string
  /** Keeps continuous integration under 40 minutes in all. */
  readonly ciCount: number
  /** What a release is held to. */
  readonly goalCount: number
  run(options: TrialOptions): Promise<Outcome>
}

export interface TrialOptions {
  readonly count: number
  readonly seed: number
  /** From the seed. Real processes and sockets bring their own timing, so the seed fixes the plan, not the run. */
  readonly random: SeededRandom
  /** A line on how far it is; called as often as it likes, printed now and then. */
  progress(text: string): void
}

export interface Outcome {
  /** Broken promises; none if all is well. */
  readonly problems: readonly string[]
  /** What was done and measured, in the order of the table of results: records, transactions, greatest pause in ms. */
  readonly figures: Readonly<Record<string, number>>
}
