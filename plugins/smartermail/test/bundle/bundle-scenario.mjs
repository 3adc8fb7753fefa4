// Makes or goes on with a bundle: `node bundle-scenario.mjs INSTALLATION OUTPUT [PASSPHRASE]`.
import {createBundle} from '../../dist/effects/bundle/create.js'
import {listInstallation} from '../../dist/effects/source/list-installation.js'
import {inventoryOf, requestOf} from './installation.js'

const [, , directory, output, passphrase] = process.argv
const listing = listInstallation(inventoryOf(directory))
const secret = passphrase === undefined ? null : Buffer.from(passphrase)
const {reusedBytes} = await createBundle(listing, requestOf(output, {resume: true, passphrase: secret}))
process.stdout.write(`${reusedBytes}\n`)
