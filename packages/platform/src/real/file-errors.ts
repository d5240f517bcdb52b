import { FileError } from '../files.ts'

export function fileErrorOf(error: unknown, operation: string, path: string): FileError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO'
  return new FileError(code, operation, path, { cause: error })
}

/** Runs a system call and turns what it throws into a {@link FileError}. */
export function attempt<T>(operation: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fileErrorOf(error, operation, path)
  }
}
