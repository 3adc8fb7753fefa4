// Which kind a value is of: by what it is, and for secrets, ports and DNS by what its setting is called.
import type {ValueKind} from '../inventory/inventory.js'
import {addressesIn} from './address.js'
import {isDnsName, isPort, isSecretName, type Labels} from './label.js'
import {pathsIn, wholePath} from './path-in-value.js'

const URL = /(?:^|[\s"'=;,(])[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>]/i
// Four numbers under such a name are a version.
const VERSION = /version|build/i

/** A quick look that spares most values the rest. */
const mayMatter = (value: string): boolean => /[\\/]|\d[.:]|::/.test(value)

/** The kind of a value; null for one that matters to nobody who moves an installation. */
export const classify = (labels: Labels, value: string): ValueKind | null => {
  if (value === '') return null
  if (value.length < 6 && isPort(labels, value)) return 'port'
  // A path under the name of a secret (TokenPath) is one all the same.
  if (isSecretName(labels) && wholePath(value) === null) return /^(?:true|false)$/i.test(value) ? null : 'secret'
  if (!mayMatter(value)) return null
  if (URL.test(value)) return 'url'
  if (pathsIn(value).length > 0) return 'path'
  if (VERSION.test(labels.name)) return null
  if (addressesIn(value).length === 0) return null
  return isDnsName(labels) && !value.trim().startsWith('127.') ? 'dns' : 'address'
}
