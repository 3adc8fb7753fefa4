// Reads cphulkd.log: whom cPanel's brute-force protection refuses, by account and by address.
import {normalAddress} from './address.js'

// Fields as `[Remote IP Address]=[192.0.2.1]`; which there are depends on cPanel's version, so only these two are used.
const FIELD = /\[([A-Za-z ]{2,40})\]\s*=\s*\[([^\]]{0,256})\]/g
const REFUSAL = /block|lock|denied|deny|refus|brute|excessive/i
const MOST = 100_000

/** The accounts (lower case) and addresses that lines of a refusal name. */
export class CphulkReader {
  readonly accounts = new Map<string, number>()
  readonly addresses = new Map<string, number>()
  lines = 0

  line(text: string): void {
    if (!REFUSAL.test(text)) return
    const fields = new Map([...text.matchAll(FIELD)].map(match => [match[1]!.toLowerCase(), match[2]!] as const))
    const account = fields.get('username') ?? fields.get('user')
    const address = normalAddress(fields.get('remote ip address') ?? fields.get('ip address') ?? '')
    if (account === undefined && address === '') return
    this.lines++
    if (account !== undefined && account !== '') this.bump(this.accounts, account.toLowerCase())
    if (address !== '') this.bump(this.addresses, address)
  }

  private bump(counts: Map<string, number>, key: string): void {
    if (counts.size < MOST || counts.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
}
