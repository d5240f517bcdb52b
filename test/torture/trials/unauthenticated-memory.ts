import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin } from '@millrace/client'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { residentBytes } from '../cluster/resident-memory.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

/** The greatest size that a frame can announce, and the greatest that the broker takes. */
const ANNOUNCED_BYTES = [2 ** 31 - 1, 104_857_600]
const MOST_GROWTH_BYTES = 50 * 1024 * 1024
const SENT_BYTES = 100
const SETTLE_MS = 500

export const unauthenticatedMemory: Trial = {
  name: 'announced-frames',
  promise:
    'Connections that announce frames of 2 GiB, or of the greatest size allowed, and send next to nothing cost the broker at most 50 MiB; others are served meanwhile',
  unit: 'connections',
  ciCount: 1_000,
  goalCount: 1_000,
  run,
}

async function run({ count, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  const figures: Record<string, number> = {}
  for (const announcedBytes of ANNOUNCED_BYTES) {
    await using broker = await BrokerProcess.start()
    await using admin = new Admin({ bootstrapServers: broker.bootstrapServers })
    await admin.describeCluster()
    const beforeBytes = residentBytes(broker.processId)
    const sockets: Socket[] = []
    for (let opened = 0; opened < count; opened++) sockets.push(await announce(broker.port, announcedBytes))
    await sleep(SETTLE_MS)
    await admin.describeCluster({ timeoutMs: 5_000 })
    const grownBytes = residentBytes(broker.processId, 'peak') - beforeBytes
    for (const socket of sockets) socket.destroy()
    await broker.stop()
    figures[`growth with ${announcedBytes} B announced, MiB`] = Math.round(grownBytes / 2 ** 20)
    if (grownBytes > MOST_GROWTH_BYTES)
      problems.push(`${count} announcements of ${announcedBytes} B cost ${grownBytes} B`)
    if (broker.errors !== '') problems.push(broker.errors)
    progress(`${announcedBytes} B announced`)
  }
  return { problems, figures }
}

async function announce(port: number, announcedBytes: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  const bytes = Buffer.alloc(4 + SENT_BYTES)
  bytes.writeInt32BE(announcedBytes)
  socket.write(bytes)
  return socket
}
