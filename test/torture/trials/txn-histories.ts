import { Admin } from '@millrace/client'
import { APIS } from '@millrace/protocol'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { freePort } from '../cluster/free-port.ts'
import { type FrameFaults, FrameProxy } from '../network/frame-proxy.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import { type LivedHistory, liveHistory } from '../workload/transaction-history.ts'

/** Histories that are lived side by side, each with topics and producers of its own. */
const LANES = 32
const FAULTS: FrameFaults = {
  delayRate: 0.08,
  longestDelayMs: 250,
  cutBeforeRate: 0.006,
  cutWithinRate: 0.003,
  cutAfterRate: 0.01,
  blackholeRate: 0.001,
  repeatRate: 0.3,
  repeatedApis: new Set(
    [APIS.Produce, APIS.AddPartitionsToTxn, APIS.AddOffsetsToTxn, APIS.TxnOffsetCommit, APIS.EndTxn].map(
      ({ key }) => key,
    ),
  ),
}

export const txnHistories: Trial = {
  name: 'txn-histories',
  promise:
    'Random transactions, zombies among them, over a network that delays, cuts and repeats requests: no lost write, aborted, precommitted or circular read, torn transaction, skipped or repeated poll; zombies are fenced; abandoned transactions end within their timeout and a second',
  unit: 'histories',
  ciCount: 1_000,
  goalCount: 10_000,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  const brokerPort = await freePort()
  await using proxy = await FrameProxy.listen(() => brokerPort, random.split('proxy'), FAULTS)
  await using broker = await BrokerProcess.start({
    port: brokerPort,
    advertisedPort: proxy.port,
    settings: {
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 100,
      'log.flush.interval.messages': 1_000,
    },
  })
  // Past the proxy: what makes and judges a history is not part of it.
  await using admin = new Admin({ bootstrapServers: `127.0.0.1:${brokerPort}` })
  const problems: string[] = []
  const total: Omit<LivedHistory, 'problems'> = { transactions: 0, zombiesFenced: 0, slowestEndMs: 0 }
  let next = 0
  let done = 0
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const lived = await liveHistory({
        name: `history-${index}`,
        bootstrapServers: `127.0.0.1:${proxy.port}`,
        brokerPort,
        admin,
        random: random.split(`history ${index}`),
      })
      problems.push(...lived.problems.map(problem => `history ${index}: ${problem}`))
      total.transactions += lived.transactions
      total.zombiesFenced += lived.zombiesFenced
      total.slowestEndMs = Math.max(total.slowestEndMs, lived.slowestEndMs)
      progress(`${++done} of ${count} histories, ${total.transactions} transactions, ${problems.length} problems`)
    }
  }
  await Promise.all(
    Array.from({ length: Math.min(LANES, count) }, () =>
      lane().catch(error => problems.push(`a history broke off: ${error instanceof Error ? error.stack : error}`)),
    ),
  )
  if (!broker.isRunning) problems.push('the broker ended')
  if (broker.errors !== '') problems.push(broker.errors)
  return {
    problems,
    figures: {
      transactions: total.transactions,
      'zombies fenced': total.zombiesFenced,
      'abandoned until decided, ms at most': Math.round(total.slowestEndMs),
      'requests delayed': proxy.counts.delayed,
      'sent again later': proxy.counts.repeated,
      'connections cut': proxy.counts.cut,
      'gone silent': proxy.counts.blackholed,
    },
  }
}
