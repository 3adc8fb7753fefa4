// Flags of the commands that ask where a domain belongs.
import {Flags} from '@oclif/core'

/** How the machine and DNS are looked at. */
export const lookFlags = {
  'root': Flags.string({
    description: 'directory that holds etc/ and var/ of the machine that is meant',
    default: '/',
    helpValue: 'DIR',
  }),
  'resolver': Flags.string({description: 'DNS server to ask instead of those of this machine', helpValue: 'IP[:PORT]'}),
  'public-address': Flags.string({
    description: 'address that is this machine too (a NAT); may be repeated',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'IP',
  }),
  'exim': Flags.string({description: 'Exim to ask', helpValue: 'PATH'}),
  'exim-config': Flags.string({description: 'its configuration file, whose lists then count', helpValue: 'FILE'}),
}
