import { createCodecs } from '../codecs/create-codecs.ts'
import type { Platform } from '../platform.ts'
import { realClock } from './clock.ts'
import { RealFiles } from './files.ts'
import { realNetwork } from './network.ts'
import { realRandom } from './random.ts'
import { realTimers } from './timers.ts'

/** The machine this process runs on. */
export function realPlatform(): Platform {
  return {
    clock: realClock,
    timers: realTimers,
    random: realRandom,
    files: new RealFiles(),
    network: realNetwork,
    codecs: createCodecs(),
  }
}
