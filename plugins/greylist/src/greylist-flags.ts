// The options by which every command finds settings, daemon and store.
import {Flags} from '@oclif/core'

import {parseListener} from './settings/listener.js'
import {readSettings} from './effects/settings/read.js'
import type {Settings} from './policy/types.js'

/** --config, --socket, --db and --store. */
export const placeFlags = {
  config: Flags.string({helpValue: 'FILE', description: 'settings file instead of /etc/mailops/greylist.json'}),
  socket: Flags.string({helpValue: 'PATH', description: "the filter's socket; the daemon's control socket is found from it"}),
  db: Flags.string({helpValue: 'FILE', description: 'the SQLite store, where no daemon runs'}),
  store: Flags.string({helpValue: 'redis://...', description: 'the shared store, where no daemon runs'}),
}

/** The settings that these options name. */
export const settingsFrom = ({config, socket, db, store}: {config?: string | undefined; socket?: string | undefined; db?: string | undefined; store?: string | undefined}): Settings =>
  readSettings(config, {socket: socket === undefined ? undefined : parseListener(socket), db, store})
