/**
 * A file system as a crash sees it. Every file and directory has two states: what programs see (the page cache) and what
 * is durable, with the list of operations that lead from the one to the other. A sync moves the operations it covers to
 * the durable side. When the power fails, each file and each directory keeps its durable state plus any part of the rest
 * that a real disk could have written on its own, in an order of its own: nothing orders one file after another.
 */
import { DiskImage } from './disk-image.ts'
import type { SeededRandom } from './seeded-random.ts'

/** `kill`: the process ends, the system and its page cache live on. `power`: the machine stops. */
export type CrashKind = 'kill' | 'power'

/** The unit in which a torn write is kept or lost. */
const PAGE_BYTES = 4096

type ContentOperation =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number }

export class FileNode {
  readonly kind = 'file'
  readonly content: DiskImage
  modifiedMs = 0
  private readonly durable: DiskImage
  /** Not durable yet, oldest first. */
  private readonly unsynced: ContentOperation[]
  /** How many operations came before those in `unsynced`. */
  private syncedCount = 0

  constructor(durable = new DiskImage(), content = DiskImage.copyOf(durable), unsynced: ContentOperation[] = []) {
    this.durable = durable
    this.content = content
    this.unsynced = unsynced
  }

  write(bytes: Uint8Array, position: number): void {
    this.content.write(bytes, position)
    this.unsynced.push({ kind: 'write', position, bytes: Buffer.from(bytes) })
  }

  truncate(size: number): void {
    this.content.resize(size)
    this.unsynced.push({ kind: 'truncate', size })
  }

  /** Names the present moment for {@link persist}: a sync covers what was written before it began. */
  get mark(): number {
    return this.syncedCount + this.unsynced.length
  }

  persist(mark: number): void {
    for (const operation of this.takeUntil(mark)) apply(operation, this.durable)
  }

  /**
   * A sync that failed: any part of what it covered may be durable, and the system has marked all of it clean, so that no
   * later sync writes the rest. Programs still see it until the machine stops.
   */
  persistPartly(mark: number, random: SeededRandom): void {
    applyPart(this.takeUntil(mark), this.durable, random)
  }

  afterPowerLoss(random: SeededRandom): FileNode {
    const survived = DiskImage.copyOf(this.durable)
    applyPart(this.unsynced, survived, random)
    return this.copied(new FileNode(survived))
  }

  copy(): FileNode {
    return this.copied(new FileNode(DiskImage.copyOf(this.durable), DiskImage.copyOf(this.content), [...this.unsynced]))
  }

  private copied(file: FileNode): FileNode {
    file.modifiedMs = this.modifiedMs
    return file
  }

  private takeUntil(mark: number): ContentOperation[] {
    const taken = this.unsynced.splice(0, Math.max(0, mark - this.syncedCount))
    this.syncedCount += taken.length
    return taken
  }
}

type NameOperation =
  | { readonly kind: 'link'; readonly name: string; readonly node: DiskNode }
  | { readonly kind: 'unlink'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }

export class DirectoryNode {
  readonly kind = 'directory'
  readonly entries: Map<string, DiskNode>
  modifiedMs = 0
  private readonly durable: Map<string, DiskNode>
  private readonly unsynced: NameOperation[]
  private syncedCount = 0

  constructor(durable = new Map<string, DiskNode>(), entries = new Map(durable), unsynced: NameOperation[] = []) {
    this.durable = durable
    this.entries = entries
    this.unsynced = unsynced
  }

  link(name: string, node: DiskNode): void {
    this.perform({ kind: 'link', name, node })
  }

  unlink(name: string): void {
    this.perform({ kind: 'unlink', name })
  }

  rename(from: string, to: string): void {
    this.perform({ kind: 'rename', from, to })
  }

  get mark(): number {
    return this.syncedCount + this.unsynced.length
  }

  persist(mark: number): void {
    const taken = this.unsynced.splice(0, Math.max(0, mark - this.syncedCount))
    this.syncedCount += taken.length
    for (const operation of taken) applyName(operation, this.durable)
  }

  /** A journal keeps the names of one directory in order, so what survives is the first so many changes. */
  afterPowerLoss(random: SeededRandom): DirectoryNode {
    const names = new Map(this.durable)
    const keptCount = random.between(0, this.unsynced.length)
    for (const operation of this.unsynced.slice(0, keptCount)) applyName(operation, names)
    const survived = new Map<string, DiskNode>()
    for (const name of [...names.keys()].sort()) survived.set(name, names.get(name)!.afterPowerLoss(random))
    const directory = new DirectoryNode(survived)
    directory.modifiedMs = this.modifiedMs
    return directory
  }

  copy(): DirectoryNode {
    // A node may be in the durable names, in the present ones and in an operation; its copy is one too.
    const copies = new Map<DiskNode, DiskNode>()
    const copyOf = (node: DiskNode): DiskNode => {
      const known = copies.get(node)
      if (known !== undefined) return known
      const copy = node.copy()
      copies.set(node, copy)
      return copy
    }
    const copyNames = (names: Map<string, DiskNode>) => new Map([...names].map(([name, node]) => [name, copyOf(node)]))
    const unsynced = this.unsynced.map(operation =>
      operation.kind === 'link' ? { ...operation, node: copyOf(operation.node) } : operation,
    )
    const directory = new DirectoryNode(copyNames(this.durable), copyNames(this.entries), unsynced)
    directory.modifiedMs = this.modifiedMs
    return directory
  }

  private perform(operation: NameOperation): void {
    applyName(operation, this.entries)
    this.unsynced.push(operation)
  }
}

export type DiskNode = FileNode | DirectoryNode

/** The disk of one node. A crash leaves a new one; who still holds the old one writes into the void. */
export class Disk {
  private constructor(readonly root: DirectoryNode) {}

  static empty(): Disk {
    return new Disk(new DirectoryNode())
  }

  afterCrash(kind: CrashKind, random: SeededRandom): Disk {
    return new Disk(kind === 'power' ? this.root.afterPowerLoss(random) : this.root.copy())
  }

  /** Bytes in all files that have a name. */
  usedBytes(): number {
    return sizeOf(this.root)
  }
}

function sizeOf(node: DiskNode): number {
  if (node.kind === 'file') return node.content.size
  let bytes = 0
  for (const entry of node.entries.values()) bytes += sizeOf(entry)
  return bytes
}

function applyName(operation: NameOperation, names: Map<string, DiskNode>): void {
  if (operation.kind === 'link') {
    names.set(operation.name, operation.node)
  } else if (operation.kind === 'unlink') {
    names.delete(operation.name)
  } else {
    const node = names.get(operation.from)!
    names.delete(operation.from)
    names.set(operation.to, node)
  }
}

function apply(operation: ContentOperation, image: DiskImage): void {
  if (operation.kind === 'write') image.write(operation.bytes, operation.position)
  else image.resize(operation.size)
}

/** Applies what a disk could have written of `operations` without being told to sync. */
function applyPart(operations: readonly ContentOperation[], image: DiskImage, random: SeededRandom): void {
  switch (random.pick(['nothing', 'everything', 'first', 'pages'] as const)) {
    case 'nothing':
      return
    case 'everything':
      for (const operation of operations) apply(operation, image)
      return
    case 'first':
      return applyFirst(operations, image, random)
    case 'pages':
      return applyPages(operations, image, random)
  }
}

/** The first so many operations, and of the next one the bytes up to any point. */
function applyFirst(operations: readonly ContentOperation[], image: DiskImage, random: SeededRandom): void {
  const count = random.between(0, operations.length)
  for (const operation of operations.slice(0, count)) apply(operation, image)
  const torn = operations[count]
  if (torn?.kind === 'write') image.write(torn.bytes.subarray(0, random.between(0, torn.bytes.length)), torn.position)
}

/** Any pages of any operations. Where the new length is kept and the page is not, there are zeros. */
function applyPages(operations: readonly ContentOperation[], image: DiskImage, random: SeededRandom): void {
  for (const operation of operations) {
    if (operation.kind === 'truncate') {
      if (random.chance(0.5)) apply(operation, image)
      continue
    }
    const { bytes, position } = operation
    const end = position + bytes.length
    if (end > image.size && random.chance(0.5)) image.resize(end)
    for (let from = position; from < end; ) {
      const to = Math.min(end, (Math.floor(from / PAGE_BYTES) + 1) * PAGE_BYTES)
      if (random.chance(0.5)) image.write(bytes.subarray(from - position, to - position), from)
      from = to
    }
  }
}
