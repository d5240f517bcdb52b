import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as zlib from 'node:zlib'
import { DecompressionError } from '../codecs.ts'
import { CodecUnavailableError } from './native-package.ts'

/** Java's default too (`compression.zstd.level`). */
const DEFAULT_LEVEL = 3

interface Zstd {
  compress(bytes: Uint8Array, level: number): Uint8Array
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array
}

let loaded: Zstd | undefined

export function compressZstd(bytes: Uint8Array, level = DEFAULT_LEVEL): Uint8Array {
  return zstd().compress(bytes, level)
}

export function decompressZstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return zstd().decompress(bytes, maxBytes)
}

/** Node's own from 22.15 on, else WebAssembly. */
function zstd(): Zstd {
  loaded ??= zstdOfNode() ?? zstdInWebAssembly()
  return loaded
}

/** What `node:zlib` has since Node 22.15. */
interface ZlibWithZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { params: Record<number, number> }) => Buffer
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer
}

function zstdOfNode(): Zstd | null {
  const { constants, zstdCompressSync, zstdDecompressSync } = zlib as object as ZlibWithZstd
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return null
  return {
    compress: (bytes, level) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    decompress(bytes, maxBytes) {
      try {
        const inflated = zstdDecompressSync(bytes, { maxOutputLength: Math.max(maxBytes, 1) })
        if (inflated.length <= maxBytes) return inflated
      } catch (cause) {
        throw new DecompressionError('zstd', cause instanceof RangeError ? 'too-large' : 'malformed', { cause })
      }
      throw new DecompressionError('zstd', 'too-large')
    },
  }
}

const PACKAGE_NAME = '@bokuweb/zstd-wasm'
const DESTINATION_TOO_SMALL = -70
const MIN_CAPACITY_BYTES = 64 * 1024
const EXPECTED_RATIO = 8
const CAPACITY_GROWTH = 4

/** What is used of the global that TypeScript declares for browsers only. */
declare const WebAssembly: {
  readonly Module: new (wasm: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => object
}

/** The part of the package's Emscripten module that is used: the C functions with addresses as numbers. */
interface ZstdModule {
  /** Replaced when the memory grows: read it after every `_malloc`. */
  readonly HEAPU8: Uint8Array
  instantiateWasm: (imports: object, receive: (instance: object) => unknown) => unknown
  init(wasm: Uint8Array): unknown
  /** 0 when there is no memory. */
  _malloc(byteLength: number): number
  _free(address: number): void
  _ZSTD_compressBound(byteLength: number): number
  /** These two return the bytes written or a negative error. */
  _ZSTD_compress(target: number, capacity: number, source: number, byteLength: number, level: number): number
  _ZSTD_decompress(target: number, capacity: number, source: number, byteLength: number): number
}

/**
 * The package's own `init` is asynchronous and its `decompress` takes a frame's word for the content size; frames
 * without one (Java's have none) it inflates into a fixed megabyte. So the module below it is used: instantiated here
 * and now, with a target that grows to `maxBytes` and never further.
 */
function zstdInWebAssembly(): Zstd {
  const module = instantiate()

  const allocate = (byteLength: number): number => {
    const address = module._malloc(byteLength)
    if (address === 0) throw new RangeError(`zstd: no memory for ${byteLength} bytes`)
    return address
  }
  const withSource = <T>(bytes: Uint8Array, use: (source: number) => T): T => {
    const source = allocate(bytes.length)
    try {
      module.HEAPU8.set(bytes, source)
      return use(source)
    } finally {
      module._free(source)
    }
  }
  /** Runs `write` with a target of `capacity` bytes; its output, or its error. */
  const withTarget = (capacity: number, write: (target: number) => number): Uint8Array | number => {
    const target = allocate(capacity)
    try {
      const written = write(target)
      return written < 0 ? written : module.HEAPU8.slice(target, target + written)
    } finally {
      module._free(target)
    }
  }

  return {
    compress(bytes, level) {
      return withSource(bytes, source => {
        const bound = module._ZSTD_compressBound(bytes.length)
        const compressed = withTarget(bound, target =>
          module._ZSTD_compress(target, bound, source, bytes.length, level),
        )
        if (typeof compressed === 'number') throw new Error(`zstd compression failed with code ${compressed}`)
        return compressed
      })
    },
    decompress(bytes, maxBytes) {
      return withSource(bytes, source => {
        let capacity = Math.min(maxBytes, Math.max(MIN_CAPACITY_BYTES, bytes.length * EXPECTED_RATIO))
        for (;;) {
          const output = withTarget(capacity, target => module._ZSTD_decompress(target, capacity, source, bytes.length))
          if (typeof output !== 'number') return output
          if (output !== DESTINATION_TOO_SMALL) throw new DecompressionError('zstd', 'malformed')
          if (capacity === maxBytes) throw new DecompressionError('zstd', 'too-large')
          capacity = Math.min(maxBytes, capacity * CAPACITY_GROWTH)
        }
      })
    },
  }
}

function instantiate(): ZstdModule {
  const require = createRequire(import.meta.url)
  try {
    const folder = dirname(require.resolve(PACKAGE_NAME))
    const { Module: module }: { Module: ZstdModule } = require(join(folder, 'zstd.js'))
    const wasm = readFileSync(join(folder, 'zstd.wasm'))
    module.instantiateWasm = (imports, receive) =>
      receive(new WebAssembly.Instance(new WebAssembly.Module(wasm), imports))
    module.init(wasm)
    return module
  } catch (cause) {
    throw new CodecUnavailableError(PACKAGE_NAME, { cause })
  }
}
