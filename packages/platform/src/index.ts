export type { Clock } from './clock.ts'
export { createCodecs } from './codecs/create-codecs.ts'
export { CodecUnavailableError } from './codecs/native-package.ts'
export { type Codecs, type CompressionCodec, DecompressionError } from './codecs.ts'
export { FileError, type FileLock, type FileStat, type Files, type OpenFile, type OpenMode } from './files.ts'
export { memoryNetwork } from './memory/network.ts'
export {
  addressText,
  type Connection,
  type ConnectionHandler,
  type ConnectOptions,
  HIGH_WATER_MARK_BYTES,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
  type TlsClientSettings,
  type TlsVersion,
} from './network.ts'
export type { Platform } from './platform.ts'
export { type Random, randomUuid } from './random.ts'
export { growHeapGenerously } from './real/heap-growth.ts'
export { realPlatform } from './real/platform.ts'
export {
  CALM_DISK,
  CALM_NETWORK,
  type DiskConditions,
  type NetworkConditions,
  troubledDisk,
  troubledNetwork,
} from './simulated/conditions.ts'
export type { CrashKind, Disk } from './simulated/disk.ts'
export type { ScheduledEvent } from './simulated/event-queue.ts'
export type { SimulatedNetwork } from './simulated/network.ts'
export type { SimulatedNode } from './simulated/node.ts'
export { ProcessFailedError } from './simulated/scheduler.ts'
export { SeededRandom } from './simulated/seeded-random.ts'
export { Simulation, SimulationError, type SimulationOptions } from './simulated/simulation.ts'
export { LONGEST_DELAY_MS, type Timer, type Timers } from './timers.ts'
