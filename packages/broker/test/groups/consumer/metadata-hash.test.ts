import { describe, expect, test } from 'vitest'
import { metadataHash } from '../../../src/groups/consumer/metadata-hash.ts'
import { xxh3 } from '../../../src/groups/consumer/xxh3.ts'
import { TestTopics } from './consumer-group-driver.ts'

/** Of `length` bytes, the byte at i being 31 i + 7; made with hash4j 0.22, which Apache Kafka uses. */
const HASHES: readonly (readonly [length: number, hash: bigint])[] = [
  [0, 3244421341483603138n],
  [1, 5502495245947142431n],
  [3, 1582743943441612892n],
  [4, 15897727546751563449n],
  [8, 16052704444545341486n],
  [9, 14691748285104259005n],
  [16, 9099606716676871632n],
  [17, 2345212530088924167n],
  [32, 278953543771952198n],
  [33, 1844846513307983686n],
  [64, 15938362409982048069n],
  [65, 18064900749750750752n],
  [96, 15151742081251682690n],
  [97, 6981672134384256435n],
  [128, 17954568492486910600n],
  [129, 17939920976028066042n],
  [200, 1368452603177808973n],
  [240, 14755823527060053763n],
  [241, 809349449570470400n],
  [256, 17043229969274554996n],
  [257, 1364326762217215065n],
  [511, 1147450020860125067n],
  [512, 17276623102455839658n],
  [1024, 2575082683865311686n],
  [1025, 13880058576091512194n],
  [1088, 11631581122726222405n],
  [1089, 9377382453413254524n],
  [2048, 1870957339171033971n],
  [2049, 5784106328234771061n],
  [5000, 6169931020318013678n],
]

describe('XXH3', () => {
  test.each(HASHES)('of %i bytes', (length, hash) => {
    expect(xxh3(Buffer.from(Array.from({ length }, (_, index) => (index * 31 + 7) & 255)))).toBe(hash)
  })
})

describe('the metadata hash', () => {
  test('is the one Apache Kafka 4.3.1 wrote for the same topic', () => {
    const orders = { name: 'orders', id: '8NuQPDedR_OXbizeAiBZOA', partitionCount: 4 }
    const catalogue = { ...new TestTopics(), topics: new Map([['orders', orders]]), topicById: () => orders }
    expect(metadataHash(['orders', 'missing'], catalogue)).toBe(-7410936422546465292n)
  })
  test('is 0 without topics, and another one for every change of a subscribed topic', () => {
    const topics = new TestTopics()
    const hashes = [metadataHash(['a'], topics)]
    expect(hashes[0]).toBe(0n)
    topics.create('a', 1)
    hashes.push(metadataHash(['a'], topics))
    topics.create('b', 1)
    expect(metadataHash(['a'], topics)).toBe(hashes[1])
    topics.grow('a')
    hashes.push(metadataHash(['a'], topics))
    topics.create('a', 2)
    hashes.push(metadataHash(['a'], topics))
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
