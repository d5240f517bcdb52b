/** Objects for names from outside: they inherit nothing, so there is no setter behind `__proto__`. */
export function bareObject(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null)
  for (const [name, value] of entries) object[name] = value
  return object
}

/**
 * A class for many such objects with the same names. V8 keeps objects from `Object.create(null)` as hash tables; those of
 * a class, even of one that inherits nothing, are as fast as any.
 */
export function bareClass(): new () => Record<string, unknown> {
  class Bare {
    [name: string]: unknown
  }
  Object.setPrototypeOf(Bare.prototype, null)
  Reflect.deleteProperty(Bare.prototype, 'constructor')
  return Bare
}
