// Placeholder, see below
import type {Limits} from '../../policy/types.js'
import type {Store} from '../../store/store.js'
export interface RedisOptions { readonly url: string; readonly local: Store; readonly limits: Limits; warn(line: string): void }
export const openRedis = ({local}: RedisOptions): Store => local
