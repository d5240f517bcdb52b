import { expect, test } from 'vitest'
import { branch } from '../../src/processors/branch.ts'
import { operate } from './operate.ts'

const isSmall = { childName: 'end', predicate: (_: unknown, value: number) => value < 10 }
const isEven = { childName: 'nowhere', predicate: (_: unknown, value: number) => value % 2 === 0 }

test('sends a record to the first branch that takes it', () => {
  const { feed } = operate(branch([isSmall, isEven]))
  expect(feed('a', 4, 1)).toEqual([['a', 4, 1]])
  expect(() => feed('a', 12, 1)).toThrow('processor operator has no child nowhere')
})

test('a record of no branch goes nowhere and does not count as dropped', () => {
  const { feed, dropped } = operate(branch([isSmall]))
  expect(feed('a', 11, 1)).toEqual([])
  expect(dropped()).toEqual({})
})

test('the default branch takes the rest, wherever it stands', () => {
  const { feed } = operate(
    branch([
      { childName: 'end', predicate: undefined },
      { ...isSmall, childName: 'nowhere' },
    ]),
  )
  expect(feed('a', 11, 1)).toEqual([['a', 11, 1]])
  expect(() => feed('a', 1, 1)).toThrow('nowhere')
})
