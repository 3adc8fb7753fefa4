// Placeholder
import type {Address} from '../../policy/address.js'
import type {Settings} from '../../policy/types.js'
import type {Ask, Store} from '../../store/store.js'
export interface SpfCheck { readonly domain: string; readonly address: Address; readonly first: number; readonly ask: Ask; readonly helo?: string | undefined; readonly sender?: string | undefined }
export interface Spf {
  isClient(domain: string, address: Address): boolean
  recall(domain: string, address: Address): Promise<boolean>
  check(check: SpfCheck): void
  load(store: Store): Promise<void>
  stop(): void
}
export const makeSpf = (_: {settings: () => Settings; store: () => Store | null; warn: (line: string) => void}): Spf => ({
  isClient: () => false,
  recall: async () => false,
  check: () => undefined,
  load: async () => undefined,
  stop: () => undefined,
})
