import type { Trial } from './trial.ts'
import { brokerKills } from './trials/broker-kills.ts'
import { crashStates } from './trials/crash-states.ts'

/** In the order of the table of results. */
export const TRIALS: readonly Trial[] = [brokerKills, crashStates]
