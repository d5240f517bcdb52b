/**
 * Where an application keeps its state: `<state.dir>/<application.id>/<task id>/state` holds the engine of a task,
 * `kafka-streams-process-metadata` an id that stays the same between runs, `.lock` keeps a second process out.
 */
import { FileError, type FileLock, type Files, type Random, randomUuid } from '@millrace/platform'
import { StreamsError } from '../errors.ts'

const LOCK_FILE = '.lock'
const PROCESS_FILE = 'kafka-streams-process-metadata'
const PROCESS_FILE_VERSION = 1
const TASK_ID = /^\d+_\d+$/

export class StateDirectoryLockedError extends StreamsError {
  override readonly code = 'STATE_DIRECTORY_LOCKED'
  constructor(
    readonly directory: string,
    options: ErrorOptions,
  ) {
    super(`${directory} is in use by another instance: give each instance on a machine its own state.dir`, options)
  }
}

export class StateDirectory {
  readonly #files: Files
  readonly #lock: FileLock
  readonly #root: string
  /** The same in every run with this directory. */
  readonly processId: string

  private constructor(files: Files, lock: FileLock, root: string, processId: string) {
    this.#files = files
    this.#lock = lock
    this.#root = root
    this.processId = processId
  }

  /** Throws a {@link StateDirectoryLockedError} while another instance has it. */
  static async open(
    { files, random }: { readonly files: Files; readonly random: Random },
    stateDir: string,
    applicationId: string,
  ): Promise<StateDirectory> {
    const root = `${stateDir}/${applicationId}`
    files.makeDirectory(root)
    const lock = lockOf(files, root)
    try {
      return new StateDirectory(files, lock, root, await processIdOf(files, random, root))
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** Of the task's engine. Made if it is not there. */
  engineDirectory(taskId: string): string {
    this.#files.makeDirectory(`${this.#root}/${taskId}`)
    return `${this.#root}/${taskId}/state`
  }

  /** Tasks that have a directory. */
  taskIds(): string[] {
    return this.#files.list(this.#root).filter(name => TASK_ID.test(name))
  }

  /** Removes the task's state; its engine is closed. */
  removeTask(taskId: string): void {
    this.#files.removeTree(`${this.#root}/${taskId}`)
  }

  /** Lets another instance have it. */
  close(): void {
    this.#lock.release()
  }
}

function lockOf(files: Files, root: string): FileLock {
  try {
    return files.lock(`${root}/${LOCK_FILE}`)
  } catch (error) {
    if (error instanceof FileError && error.code === 'ELOCKED')
      throw new StateDirectoryLockedError(root, { cause: error })
    throw error
  }
}

async function processIdOf(files: Files, random: Random, root: string): Promise<string> {
  const path = `${root}/${PROCESS_FILE}`
  if (files.exists(path)) {
    const { processId } = JSON.parse(files.read(path).toString()) as { processId: string }
    return processId
  }
  const processId = randomUuid(random)
  await files.replace(path, Buffer.from(JSON.stringify({ processId, version: PROCESS_FILE_VERSION })))
  return processId
}
