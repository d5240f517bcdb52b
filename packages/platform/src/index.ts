export type { Clock } from './clock.ts'
export { createCodecs } from './codecs/create-codecs.ts'
export { CodecUnavailableError } from './codecs/native-package.ts'
export { type Codecs, type CompressionCodec, DecompressionError } from './codecs.ts'
export { FileError, type FileLock, type FileStat, type Files, type OpenFile, type OpenMode } from './files.ts'
export {
  type Connection,
  type ConnectionHandler,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  NetworkError,
} from './network.ts'
export type { Platform } from './platform.ts'
export { type Random, randomUuid } from './random.ts'
export type { Timer, Timers } from './timers.ts'
