// How many failures there were over time, in bins that widen as the log gets longer.

const MOST = 4096

/** Counts by time; memory is bounded whatever the span. */
export class Histogram {
  private bins = new Map<number, number>()
  /** Seconds a bin is wide. */
  private width = 60
  private current = NaN
  private pending = 0

  add(time: number, times: number): void {
    if (!(time > 0)) return
    const bin = Math.floor(time / this.width)
    if (bin !== this.current) this.flush(bin)
    this.pending += times
  }

  // Lines come in the order of time, so most go into the bin of the line before.
  private flush(next: number): void {
    if (this.pending > 0) this.bins.set(this.current, (this.bins.get(this.current) ?? 0) + this.pending)
    this.pending = 0
    this.current = next
    if (this.bins.size <= MOST) return
    this.widen()
    this.current = Math.floor(next / 2)
  }

  private widen(): void {
    this.width *= 2
    const wider = new Map<number, number>()
    for (const [bin, count] of this.bins) wider.set(Math.floor(bin / 2), (wider.get(Math.floor(bin / 2)) ?? 0) + count)
    this.bins = wider
  }

  /** Bins in order, empty ones between others included, so few that they fit `rows`; the start of each in seconds. */
  rows(rows: number): {readonly width: number; readonly bins: readonly (readonly [start: number, count: number])[]} {
    this.flush(NaN)
    const times = [...this.bins.keys()].sort((a, b) => a - b)
    const [first, last] = [times[0], times.at(-1)]
    if (first === undefined || last === undefined) return {width: this.width, bins: []}
    const width = niceWidth(((last - first + 1) * this.width) / rows, this.width)
    const bins = new Map<number, number>()
    for (const [bin, count] of this.bins) {
      const start = Math.floor((bin * this.width) / width)
      bins.set(start, (bins.get(start) ?? 0) + count)
    }
    const from = Math.floor((first * this.width) / width)
    const to = Math.floor((last * this.width) / width)
    return {width, bins: Array.from({length: to - from + 1}, (_, index) => [(from + index) * width, bins.get(from + index) ?? 0] as const)}
  }
}

const NICE = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000]

// A width that people think in, and no less than what was counted by.
const niceWidth = (wanted: number, least: number): number =>
  NICE.find(width => width >= wanted && width >= least) ?? Math.ceil(Math.max(wanted, least) / 86_400) * 86_400
