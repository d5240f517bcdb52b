import type { Files } from './files.ts'

type FilePrimitives = Pick<Files, 'open' | 'rename' | 'syncDirectory'>

/**
 * {@link Files.replace} in terms of the other operations, the same for every form. Replacements of one path run one
 * after the other because they share the temporary name; a failed one does not hold up the next.
 */
export class Replacements {
  private readonly last = new Map<string, Promise<void>>()

  constructor(
    private readonly files: FilePrimitives,
    private readonly directoryOf: (path: string) => string,
  ) {}

  replace(path: string, content: Uint8Array): Promise<void> {
    const previous = this.last.get(path)
    const current = previous === undefined ? this.run(path, content) : previous.then(() => this.run(path, content))
    const settled = current.catch(() => {}) // The caller of each replacement hears of its own failure.
    this.last.set(path, settled)
    void settled.then(() => {
      if (this.last.get(path) === settled) this.last.delete(path)
    })
    return current
  }

  private async run(path: string, content: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`
    const file = this.files.open(temporary, 'write')
    try {
      file.truncate(0)
      file.write(content, 0)
      await file.sync()
    } finally {
      file.close()
    }
    this.files.rename(temporary, path)
    await this.files.syncDirectory(this.directoryOf(path))
  }
}
