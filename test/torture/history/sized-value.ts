/**
 * Record values that name themselves and fill a given size, so that a reader can tell whose record it has and whether it
 * has all of it: `<name>|<size>|<filling>`.
 */
const LARGEST_VALUE_BYTES = 1 << 20
const SEPARATOR = '|'.charCodeAt(0)
/** Of each letter a stretch of the greatest size, made when it is first needed. */
const fillings = new Map<number, Buffer>()

/** `name` has no `|`. Values that are too small for their header are as large as it. */
export function sizedValue(name: string, sizeBytes: number): Buffer {
  const header = Buffer.from(`${name}|${sizeBytes}|`)
  const rest = Math.max(0, sizeBytes - header.length)
  return Buffer.concat([header, fillingOf(name).subarray(0, rest)])
}

/** The name in a value; something that is no name if the value is not exactly as it was made. */
export function nameIn(value: Buffer | null): string {
  if (value === null) return 'damaged: null'
  const first = value.indexOf(SEPARATOR)
  const second = first < 0 ? -1 : value.indexOf(SEPARATOR, first + 1)
  if (second < 0) return `damaged: ${value.subarray(0, 40).toString('latin1')}`
  const name = value.toString('utf8', 0, first)
  const sizeBytes = Number(value.toString('latin1', first + 1, second))
  const rest = Math.max(0, sizeBytes - second - 1)
  const isWhole =
    value.length === second + 1 + rest && value.subarray(second + 1).equals(fillingOf(name).subarray(0, rest))
  return isWhole ? name : `damaged: ${name}, ${value.length} of ${sizeBytes} bytes`
}

function fillingOf(name: string): Buffer {
  let letter = 0
  for (let index = 0; index < name.length; index++) letter = (letter * 31 + name.charCodeAt(index)) % 26
  let filling = fillings.get(letter)
  if (filling === undefined) {
    filling = Buffer.alloc(LARGEST_VALUE_BYTES, 97 + letter)
    fillings.set(letter, filling)
  }
  return filling
}
