import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** A package with compiled code could not be loaded: there is no binary of it for this machine, or it was not installed. */
export class CodecUnavailableError extends Error {
  readonly code = 'CODEC_UNAVAILABLE'
  constructor(
    readonly packageName: string,
    options?: ErrorOptions,
  ) {
    super(
      `package ${packageName} cannot be loaded on ${process.platform}-${process.arch}; ` +
        `run "npm install --include=optional ${packageName}" on this machine`,
      options,
    )
    this.name = 'CodecUnavailableError'
  }
}

/**
 * Loads a CommonJS package on the first call: a process that never meets a codec pays neither time nor memory for it.
 * The returned function throws {@link CodecUnavailableError}.
 */
export function nativePackage<T>(name: string): () => T {
  let loaded: T | undefined
  return () => {
    if (loaded !== undefined) return loaded
    try {
      const exports: T = require(name)
      loaded = exports
      return exports
    } catch (cause) {
      throw new CodecUnavailableError(name, { cause })
    }
  }
}
