/**
 * The connections of one client. A broker has one connection per lane, because it answers the requests of a connection
 * one after the other: a fetch that waits for data, or a join that waits for other members, must not hold up the rest.
 */
import { addressText, type Platform } from '@millrace/platform'
import { ClosedError, TimeoutError } from '../errors/client-errors.ts'
import { Backoff } from './backoff.ts'
import { type BrokerAddress, BrokerConnection, type ConnectionSettings } from './broker-connection.ts'
import { type TimeLimit, withTimeLimit } from './time-limit.ts'

/**
 * `group` carries the joins, syncs and heartbeats of a consumer group, `fetch` only fetches, `spareFetch` those that must
 * not wait for one that waits for data, `main` everything else.
 */
export type Lane = 'main' | 'group' | 'fetch' | 'spareFetch'

export interface PoolSettings extends ConnectionSettings {
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
}

interface Slot {
  connection: BrokerConnection | undefined
  /** Shared by all who wait for the connection. */
  opening: Promise<BrokerConnection> | undefined
  failures: number
}

export class ConnectionPool {
  private readonly slots = new Map<string, Slot>()
  private readonly backoff: Backoff
  private readonly closing = new AbortController()

  constructor(
    private readonly settings: PoolSettings,
    private readonly platform: Platform,
  ) {
    this.backoff = new Backoff(settings.reconnectBackoffMs, settings.reconnectBackoffMaxMs, platform.random)
  }

  /**
   * The open connection to a broker, or a new one. After a failure the next attempt waits for the reconnect backoff.
   * Rejects with what opening failed with, {@link TimeoutError}, the signal's reason, or {@link ClosedError}.
   */
  connect(address: BrokerAddress, lane: Lane, limit: TimeLimit): Promise<BrokerConnection> {
    const open = this.openConnection(address, lane)
    if (open !== undefined) return Promise.resolve(open)
    if (this.closing.signal.aborted) return Promise.reject(this.closing.signal.reason)
    const slot = this.slotOf(address, lane)
    slot.opening ??= this.open(address, slot)
    return withTimeLimit(
      this.platform.timers,
      slot.opening,
      limit,
      () => new TimeoutError(`connecting to ${addressText(address)}`, limit.timeoutMs),
    )
  }

  /** The connection if there is one that can be used at once. */
  openConnection(address: BrokerAddress, lane: Lane): BrokerConnection | undefined {
    const connection = this.slots.get(slotKey(address, lane))?.connection
    return connection?.isOpen === true ? connection : undefined
  }

  /** Closes every connection; requests in flight and attempts to connect fail. */
  close(): void {
    this.closing.abort(new ClosedError('client'))
    for (const slot of this.slots.values()) slot.connection?.close()
    this.slots.clear()
  }

  private slotOf(address: BrokerAddress, lane: Lane): Slot {
    const key = slotKey(address, lane)
    let slot = this.slots.get(key)
    if (slot === undefined) {
      slot = { connection: undefined, opening: undefined, failures: 0 }
      this.slots.set(key, slot)
    }
    return slot
  }

  private async open(address: BrokerAddress, slot: Slot): Promise<BrokerConnection> {
    const { signal } = this.closing
    try {
      if (slot.failures > 0) await this.platform.timers.sleep(this.backoff.delayMs(slot.failures), signal)
      const onClosed = () => {
        slot.connection = undefined
      }
      const startedMs = this.platform.clock.monotonicMs()
      const connection = await BrokerConnection.open(address, this.settings, this.platform, onClosed, signal)
      if (signal.aborted) {
        connection.close()
        throw signal.reason
      }
      slot.connection = connection
      slot.failures = 0
      this.settings.telemetry?.connectionOpened(connection.name, this.platform.clock.monotonicMs() - startedMs)
      return connection
    } catch (error) {
      slot.failures++
      if (!signal.aborted) this.settings.telemetry?.connectionFailed(addressText(address), error as Error)
      throw error
    } finally {
      slot.opening = undefined
    }
  }
}

function slotKey(address: BrokerAddress, lane: Lane): string {
  return `${lane}/${addressText(address)}`
}
