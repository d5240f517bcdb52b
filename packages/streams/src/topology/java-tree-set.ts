/**
 * A red-black tree that grows as Java's TreeSet does. Kafka Streams keeps the neighbours of a node in one and sorts them by
 * sizes that still change: where a node ends up then depends on the path of comparisons, and so on the shape of the tree.
 * Only a tree of the same shape gives the same text.
 */
interface Entry<T> {
  readonly value: T
  left: Entry<T> | undefined
  right: Entry<T> | undefined
  parent: Entry<T> | undefined
  isRed: boolean
}

export class JavaTreeSet<T> implements Iterable<T> {
  #root: Entry<T> | undefined

  constructor(private readonly comesBefore: (one: T, other: T) => boolean) {}

  /** A value that the search meets on its way is not added again. */
  add(value: T): void {
    let parent: Entry<T> | undefined
    let goesLeft = false
    for (let entry = this.#root; entry !== undefined; entry = goesLeft ? entry.left : entry.right) {
      if (entry.value === value) return
      parent = entry
      goesLeft = this.comesBefore(value, entry.value)
    }
    const added: Entry<T> = { value, left: undefined, right: undefined, parent, isRed: true }
    if (parent === undefined) this.#root = added
    else if (goesLeft) parent.left = added
    else parent.right = added
    this.#balance(added)
  }

  *[Symbol.iterator](): IterableIterator<T> {
    yield* inOrder(this.#root)
  }

  /** No red entry has a red parent, and every way down meets equally many black ones. */
  #balance(added: Entry<T>): void {
    let entry = added
    while (entry.parent?.isRed === true) {
      const parent = entry.parent
      const grandparent = parent.parent!
      const isLeft = parent === grandparent.left
      const uncle = isLeft ? grandparent.right : grandparent.left
      if (uncle?.isRed === true) {
        parent.isRed = false
        uncle.isRed = false
        grandparent.isRed = true
        entry = grandparent
        continue
      }
      const isInner = entry === (isLeft ? parent.right : parent.left)
      if (isInner) this.#rotate(parent, isLeft)
      const outer = isInner ? entry : parent
      outer.isRed = false
      grandparent.isRed = true
      this.#rotate(grandparent, !isLeft)
      break
    }
    this.#root!.isRed = false
  }

  /** Puts the entry's right (else its left) child in its place and the entry below it. */
  #rotate(entry: Entry<T>, toLeft: boolean): void {
    const child = (toLeft ? entry.right : entry.left)!
    const moved = toLeft ? child.left : child.right
    if (toLeft) entry.right = moved
    else entry.left = moved
    if (moved !== undefined) moved.parent = entry
    child.parent = entry.parent
    if (entry.parent === undefined) this.#root = child
    else if (entry.parent.left === entry) entry.parent.left = child
    else entry.parent.right = child
    if (toLeft) child.left = entry
    else child.right = entry
    entry.parent = child
  }
}

function* inOrder<T>(entry: Entry<T> | undefined): IterableIterator<T> {
  if (entry === undefined) return
  yield* inOrder(entry.left)
  yield entry.value
  yield* inOrder(entry.right)
}
