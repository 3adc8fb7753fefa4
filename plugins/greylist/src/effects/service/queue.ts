// Gathers what one turn of the event loop asks and puts it to the store at once.
import type {Address} from '../../policy/address.js'
import type {Request} from '../../policy/types.js'
import type {Answer, Ask} from '../../store/store.js'
import type {Holder} from './holder.js'

/** One question on its way. */
export interface Pending {
  readonly request: Request
  readonly ask: Ask
  readonly address: Address
  /** Takes the store's answer, or the reason for which there is none. */
  readonly take: (answer: Answer | 'disk-full' | 'store-fault') => void
}

export interface Queue {
  add(pending: Pending): void
  /** Puts what waits to the store now. */
  flush(): void
}

/** More in one transaction would keep those that come meanwhile waiting. */
const MOST = 1024

/** Collects what comes in one turn of the event loop and puts it to the store in one transaction. */
export const makeQueue = (holder: Holder): Queue => {
  let waiting: Pending[] = []
  let isPlanned = false
  const deliver = (batch: readonly Pending[], answers: readonly Answer[]): void => {
    holder.worked()
    for (const [n, pending] of batch.entries()) pending.take(answers[n] ?? 'store-fault')
  }
  const fail = (batch: readonly Pending[], error: unknown): void => {
    const reason = holder.failed(error)
    for (const pending of batch) pending.take(reason)
  }
  const put = (batch: readonly Pending[]): void => {
    const {store} = holder
    if (store === null) {
      for (const pending of batch) pending.take('store-fault')
      return
    }
    let answers: readonly Answer[] | Promise<readonly Answer[]>
    try {
      answers = store.decide(batch.map(({ask}) => ask))
    } catch (error) {
      // Said by the holder, which decides what becomes of the store.
      return fail(batch, error)
    }
    if (answers instanceof Promise) {
      void answers.then(
        given => deliver(batch, given),
        (error: unknown) => fail(batch, error),
      )
      return
    }
    deliver(batch, answers)
  }
  const flush = (): void => {
    isPlanned = false
    const all = waiting
    waiting = []
    for (let from = 0; from < all.length; from += MOST) put(all.length <= MOST ? all : all.slice(from, from + MOST))
  }
  return {
    add: pending => {
      waiting.push(pending)
      if (isPlanned) return
      isPlanned = true
      setImmediate(flush)
    },
    flush,
  }
}
