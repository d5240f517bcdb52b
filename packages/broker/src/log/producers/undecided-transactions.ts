interface Unsettled {
  readonly firstOffset: number
  readonly markerOffset: number
}

/**
 * The transactions of one partition that readers of committed records have to wait for: open ones, and ones whose marker is
 * not below the high watermark yet. Pure.
 */
export class UndecidedTransactions {
  /** First offset → producer id; lowest offset first, as transactions begin in the order of the log. */
  private readonly open = new Map<number, number>()
  /** In the order of the markers. */
  private readonly unsettled: Unsettled[] = []
  private lowestUnsettled: number | undefined

  /** Where the earliest of them begins. */
  get firstOffset(): number | undefined {
    const { firstOpenOffset, lowestUnsettled } = this
    if (firstOpenOffset === undefined || lowestUnsettled === undefined) return firstOpenOffset ?? lowestUnsettled
    return Math.min(firstOpenOffset, lowestUnsettled)
  }

  /** Where the earliest one without a marker begins. */
  get firstOpenOffset(): number | undefined {
    return this.open.keys().next().value
  }

  /** First offsets have to increase from call to call. */
  begin(producerId: number, firstOffset: number): void {
    this.open.set(firstOffset, producerId)
  }

  end(firstOffset: number, markerOffset: number): void {
    this.open.delete(firstOffset)
    this.unsettled.push({ firstOffset, markerOffset })
    this.lowestUnsettled = Math.min(firstOffset, this.lowestUnsettled ?? firstOffset)
  }

  /** Markers below `highWatermark` have taken effect. */
  settle(highWatermark: number): void {
    const { unsettled } = this
    let settled = 0
    while (settled < unsettled.length && unsettled[settled]!.markerOffset < highWatermark) settled++
    if (settled === 0) return
    unsettled.splice(0, settled)
    this.lowestUnsettled = unsettled.length === 0 ? undefined : Math.min(...unsettled.map(each => each.firstOffset))
  }
}
