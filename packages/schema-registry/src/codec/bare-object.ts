/** Objects for names from outside. Without a prototype there is no setter behind `__proto__`. */
export function emptyObject(): Record<string, unknown> {
  return Object.create(null)
}

export function bareObject(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object = emptyObject()
  for (const [name, value] of entries) object[name] = value
  return object
}
