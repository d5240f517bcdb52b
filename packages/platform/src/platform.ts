import type { Clock } from './clock.ts'
import type { Codecs } from './codecs.ts'
import type { Files } from './files.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Timers } from './timers.ts'

/** Everything that is not a pure function. Constructors take the members they need. */
export interface Platform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: Files
  readonly network: Network
  readonly codecs: Codecs
}
