/**
 * Lets at most so many operations run at a time, the others in the order they came. The thread pool of Node is shared
 * by everything in the process: a few busy databases would take every thread and hold up file syncs and look-ups.
 */
export class OperationGate {
  readonly #limit: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++
    else await new Promise<void>(resolve => this.#waiting.push(resolve)) // The one that ends hands over its place.
    try {
      return await operation()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
