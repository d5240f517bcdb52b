/** Things that happen to files on a disk that goes bad. */
import type { Files, SeededRandom } from '@millrace/platform'

export type DamageKind = 'bit flip' | 'zeros' | 'truncation' | 'swap' | 'loss'

export interface Damage {
  readonly kind: DamageKind
  /** The files it hit. */
  readonly paths: readonly string[]
  /** Of the first path, the bytes it hit: `[from, to)`. */
  readonly from: number
  readonly to: number
}

const KINDS: readonly DamageKind[] = ['bit flip', 'bit flip', 'bit flip', 'zeros', 'truncation', 'swap', 'loss']
const MOST_ZEROS_BYTES = 400

/** All files below the directories. */
export function filesBelow(files: Files, directories: readonly string[]): string[] {
  return directories.flatMap(directory =>
    files.list(directory).flatMap(name => {
      const path = `${directory}/${name}`
      return files.stat(path).isDirectory ? filesBelow(files, [path]) : [path]
    }),
  )
}

export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? name : name.slice(dot)
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** Hits one file of any kind that is there; each kind of file as likely as every other. */
export function damageSomething(files: Files, paths: readonly string[], random: SeededRandom): Damage {
  const kinds = [...new Set(paths.map(extensionOf))].sort()
  const extension = random.pick(kinds)
  const path = random.pick(paths.filter(each => extensionOf(each) === extension))
  // Nothing in Kafka's format says which partition a batch belongs to: across partitions a swap cannot be found out.
  const others = paths.filter(
    each =>
      extensionOf(each) === extension &&
      each !== path &&
      (extension !== '.log' || directoryOf(each) === directoryOf(path)),
  )
  const kind = random.pick(KINDS)
  const size = files.stat(path).size
  if (kind === 'swap' && others.length > 0) return swap(files, path, random.pick(others))
  if (kind === 'loss' || size === 0) {
    files.remove(path)
    return { kind: 'loss', paths: [path], from: 0, to: size }
  }
  const from = random.integer(size)
  const file = files.open(path, 'write')
  let to = size
  if (kind === 'truncation') file.truncate(from)
  else if (kind === 'zeros') {
    to = Math.min(size, from + 1 + random.integer(MOST_ZEROS_BYTES))
    file.write(Buffer.alloc(to - from), from)
  } else {
    to = from + 1
    const byte = Buffer.alloc(1)
    file.read(byte, 0, 1, from)
    byte[0]! ^= 1 << random.integer(8)
    file.write(byte, from)
  }
  file.close()
  return { kind: kind === 'swap' ? 'bit flip' : kind, paths: [path], from, to }
}

function swap(files: Files, path: string, other: string): Damage {
  const [first, second] = [files.read(path), files.read(other)]
  for (const [target, content] of [
    [path, second],
    [other, first],
  ] as const) {
    const file = files.open(target, 'write')
    file.truncate(0)
    if (content.length > 0) file.write(content, 0)
    file.close()
  }
  return { kind: 'swap', paths: [path, other], from: 0, to: Math.max(first.length, second.length) }
}
