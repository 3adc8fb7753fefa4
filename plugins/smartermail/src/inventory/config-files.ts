// Which files are the configuration, and how each is to be read.
import type {Era} from '../source/source.js'
import type {ConfigFile} from './inventory.js'

/** Larger ones are not read: V8 keeps no longer text, and no configuration is that large. */
export const MOST_CONFIG_BYTES = 192 * 1024 * 1024

const extensionOf = (name: string): string => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''

// Recovery copies and what is written all the time: brought along as they are, never patched.
const VERBATIM = /^(?:Settings\/)?(?:Archived Data|Assets|SmartHostCaches|Stats|Logs)\//i

/** How a file of the configuration is read; `opaque` is copied as it is. */
export const formatOf = (name: string): ConfigFile['format'] => {
  if (VERBATIM.test(name)) return 'opaque'
  const extension = extensionOf(name)
  return extension === 'xml' ? 'xml' : extension === 'json' ? 'json' : 'opaque'
}

/** Below the Service folder, or below Settings, if that was named: statistics and logs are no configuration. */
const LEFT_OUT = /^(?:Settings\/)?(?:Logs|Stats)\/|\.(?:tmp|lock|lck|pid)$|(?:^|\/)\.mailops-/i

/**
 * True for a file that `--config-only` takes: XML era the `*.xml` and `*.dat` of the folder itself, JSON era all below
 * Settings, or below the folder where Settings itself was named.
 * @param name relative to the Service folder, parted by `/`
 * @param configDirectory `Settings`, or '' where the configuration lies in the folder itself
 */
export const isConfigName = (name: string, era: Era, configDirectory: string): boolean => {
  if (LEFT_OUT.test(name)) return false
  if (era !== 'json') return !name.includes('/') && /^(?:xml|dat)$/.test(extensionOf(name))
  if (configDirectory !== '') return name.toLowerCase().startsWith(`${configDirectory.toLowerCase()}/`)
  // A program directory may hold all sorts; its configuration is JSON and the like.
  return /^(?:json|sbin|dat|txt|xml|cfg)$/.test(extensionOf(name)) || name.includes('/')
}

/** The era that a folder's files speak of; `unknown` when it is no Service folder. */
export const eraOfFiles = (names: readonly string[]): {era: Era; configDirectory: string} => {
  const has = (pattern: RegExp): string | undefined => names.find(name => pattern.test(name))
  const settings = has(/^Settings\/(?:domains|settings)\.json$/i)
  if (settings !== undefined) return {era: 'json', configDirectory: settings.slice(0, settings.indexOf('/'))}
  if (has(/^(?:domainList|mailConfig)\.xml$/i) !== undefined) return {era: 'xml', configDirectory: ''}
  if (has(/^(?:domains|settings|administrators)\.json$/i) !== undefined) return {era: 'json', configDirectory: ''}
  return {era: 'unknown', configDirectory: ''}
}

/** The era of a program's version: 100.0.NNNN and above is "17" and later, as EvenSmarterTools has it. */
export const eraOfVersion = (version: string): Era => (Number.parseInt(version, 10) >= 100 || /^1[7-9]\./.test(version) ? 'json' : 'xml')
