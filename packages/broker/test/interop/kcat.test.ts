/** kcat 1.7.1 (librdkafka) against our broker over TCP, as Debian ships it. Skipped with a message where it is not installed. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'

/** So that the end of a partition is noticed at once. */
const QUICK = ['-X', 'fetch.wait.max.ms=10']
const hasKcat = spawnSync('kcat', ['-V']).status === 0
if (!hasKcat) console.warn('kcat is not on the PATH: its tests are skipped')

describe.runIf(hasKcat)('kcat', () => {
  let running: RunningBroker
  beforeAll(async () => {
    running = await RunningBroker.overTcp({ 'group.min.session.timeout.ms': 1_000 })
  })
  afterAll(() => running.stop())

  /** Runs to the end; gives stdout, or throws with stderr. */
  function kcat(args: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const all = ['-b', running.broker.bootstrapServers, ...args]
      const child = execFile('kcat', all, { timeout: 20_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`kcat ${args.join(' ')}: ${stderr}`))
      })
      child.stdin!.end(input)
    })
  }
  const lines = (text: string) => text.split('\n').filter(line => line !== '')
  const consume = (topic: string, ...args: string[]) =>
    kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', ...QUICK, ...args]).then(lines)

  test('lists the broker and its topics', async () => {
    await running.createTopic('listed', 3)
    const listing = await kcat(['-L'])
    expect(listing).toContain(`broker 1 at ${running.broker.bootstrapServers} (controller)`)
    expect(listing).toContain('topic "listed" with 3 partitions:')
    const json = JSON.parse(await kcat(['-L', '-J', '-t', 'listed']))
    expect(json.topics[0].partitions).toHaveLength(3)
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('produces and consumes with %s', async codec => {
    const topic = `with-${codec}`
    const values = Array.from({ length: 1_000 }, (_, index) => `value ${index} ${'x'.repeat(index % 50)}`)
    await kcat(['-P', '-t', topic, '-z', codec], values.join('\n'))
    expect(await consume(topic)).toEqual(values)
  })

  test('keeps keys, headers, empty values and offsets', async () => {
    await kcat(['-P', '-t', 'rows', '-K', ':', '-Z', '-H', 'a=1', '-H', 'b=zwei'], 'k1:v1\nk2:\n')
    expect(await consume('rows', '-f', '%o|%k|%s|%S|%h\n')).toEqual(['0|k1|v1|2|a=1,b=zwei', '1|k2||-1|a=1,b=zwei'])
  })

  test.each(['0', '1', 'all'])('produces with acks=%s', async acks => {
    const topic = `acks-${acks}`
    await running.createTopic(topic)
    await kcat(['-P', '-t', topic, '-X', `acks=${acks}`], 'one\ntwo\n')
    expect(await consume(topic)).toEqual(['one', 'two'])
  })
  test('produces idempotently', async () => {
    await kcat(['-P', '-t', 'idempotent', '-X', 'enable.idempotence=true'], 'one\ntwo\n')
    expect(await consume('idempotent')).toEqual(['one', 'two'])
  })

  test('seeks by timestamp and queries offsets', async () => {
    const beforeMs = Date.now()
    await kcat(['-P', '-t', 'timed'], 'one\ntwo\n')
    expect(await kcat(['-Q', '-t', `timed:0:${beforeMs}`])).toContain('timed [0] offset 0')
    expect(await kcat(['-Q', '-t', 'timed:0:-1'])).toContain('timed [0] offset 2')
    expect(lines(await kcat(['-C', '-t', 'timed', '-o', `s@${beforeMs}`, '-e', '-q', ...QUICK]))).toEqual([
      'one',
      'two',
    ])
  })

  describe('in a group', () => {
    const groupArgs = ['-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000', '-f', '%p:%s\n', '-u']
    const children: ChildProcess[] = []
    const startMember = (group: string, topic: string) => {
      const child = spawn('kcat', ['-b', running.broker.bootstrapServers, '-G', group, ...groupArgs, topic])
      const seen: string[] = []
      let text = ''
      child.stdout.on('data', chunk => {
        const parts = (text + String(chunk)).split('\n')
        text = parts.pop()!
        seen.push(...parts)
      })
      children.push(child)
      const stop = () =>
        new Promise<void>(resolve => {
          child.once('exit', () => resolve())
          child.kill('SIGTERM')
        })
      return { seen, stop }
    }
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise(resolve => setTimeout(resolve, 20))
    }
    afterAll(() => {
      for (const child of children) child.kill('SIGKILL')
    })

    test('reads everything once, commits, and goes on where it was', async () => {
      await running.createTopic('grouped', 4)
      const produce = (from: number) =>
        Promise.all(
          [0, 1, 2, 3].map(partition =>
            kcat(['-P', '-t', 'grouped', '-p', String(partition)], `v${from}\nv${from + 1}\n`),
          ),
        )
      await produce(0)
      const first = startMember('g1', 'grouped')
      await until(() => first.seen.length >= 8)
      expect([...first.seen].sort()).toEqual(['0:v0', '0:v1', '1:v0', '1:v1', '2:v0', '2:v1', '3:v0', '3:v1'])
      await first.stop()

      await produce(2)
      const second = startMember('g1', 'grouped')
      await until(() => second.seen.length >= 8)
      expect(second.seen.every(line => /:v[23]$/.test(line))).toBe(true)
      await second.stop()
    })

    test('two members share the partitions', async () => {
      await running.createTopic('shared', 2)
      const members = [startMember('g2', 'shared'), startMember('g2', 'shared')]
      // Each partition has its reader once both have got something.
      for (let round = 0; members.some(member => member.seen.length === 0); round++) {
        await Promise.all([0, 1].map(partition => kcat(['-P', '-t', 'shared', '-p', String(partition)], `r${round}\n`)))
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      const partitions = members.map(member => new Set(member.seen.slice(-1).map(line => line[0])))
      expect(partitions[0]).not.toEqual(partitions[1])
      await Promise.all(members.map(member => member.stop()))
    })
  })

  test('leaves no bug behind', () => {
    expect(running.bugs).toEqual([])
  })
})
