import { randomBytes } from 'node:crypto'
import type { Random } from '../random.ts'

export const realRandom: Random = {
  next: () => Math.random(),
  integer: bound => Math.floor(Math.random() * bound),
  bytes: length => randomBytes(length),
}
