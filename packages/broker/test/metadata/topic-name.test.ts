import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collisionKey, topicNameProblem } from '../../src/metadata/topic-name.ts'

test.each(['a', '_', '-', 'A.b_c-9', '...', 'x'.repeat(249), '__proto__', 'constructor'])(
  '%s is a topic name',
  name => {
    expect(topicNameProblem(name)).toBeUndefined()
  },
)

test.each([
  '',
  '.',
  '..',
  'x'.repeat(250),
  '../x',
  'a/b',
  'a\\b',
  'a b',
  'a\n',
  '\0',
  'ä',
  'a:b',
  'a%2e',
  '．．',
  'CON:',
  'a\u202e',
])('%j is none', name => {
  expect(topicNameProblem(name)).toBeTypeOf('string')
})

test('what is a topic name is one path segment', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), name => {
      if (topicNameProblem(name) === undefined) expect(name).toMatch(/^[\w.-]+$/)
    }),
  )
})

test('names collide when only dots and underscores differ', () => {
  expect(collisionKey('a.b_c')).toBe(collisionKey('a_b.c'))
  expect(collisionKey('a.b')).not.toBe(collisionKey('a-b'))
})
