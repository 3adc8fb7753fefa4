// Which of many ranges an address is in: the narrowest, found by one look-up for each prefix length in use.
import {maskV4, maskV6, type Address, type Cidr} from './address.js'

/** Values by range. */
export interface CidrMap<T> {
  /** The value of the narrowest range that holds the address, with that range's prefix length. */
  find(address: Address): {readonly value: T; readonly prefix: number} | null
  readonly size: number
}

type Tables<K, T> = {readonly prefix: number; readonly values: Map<K, T>}[]

const tablesOf = <K, T>(entries: readonly {prefix: number; key: K; value: T}[]): Tables<K, T> => {
  const byPrefix = new Map<number, Map<K, T>>()
  for (const {prefix, key, value} of entries) {
    const values = byPrefix.get(prefix) ?? new Map<K, T>()
    byPrefix.set(prefix, values)
    values.set(key, value)
  }
  return [...byPrefix].map(([prefix, values]) => ({prefix, values})).sort((a, b) => b.prefix - a.prefix)
}

/** Of two entries of one range the later one counts. */
export const cidrMap = <T>(entries: readonly {readonly cidr: Cidr; readonly value: T}[]): CidrMap<T> => {
  const v4 = tablesOf(entries.flatMap(({cidr: {address, prefix}, value}) => (address.family === 4 ? [{prefix, key: address.value, value}] : [])))
  const v6 = tablesOf(entries.flatMap(({cidr: {address, prefix}, value}) => (address.family === 6 ? [{prefix, key: address.hex, value}] : [])))
  const search = <K>(tables: Tables<K, T>, keyAt: (prefix: number) => K): {value: T; prefix: number} | null => {
    for (const {prefix, values} of tables) {
      const value = values.get(keyAt(prefix))
      if (value !== undefined) return {value, prefix}
    }
    return null
  }
  return {
    size: entries.length,
    find: address =>
      address.family === 4
        ? search(v4, prefix => maskV4(address.value, prefix))
        : search(v6, prefix => maskV6(address.hex, prefix)),
  }
}
