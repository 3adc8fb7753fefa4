// Errors of a bundle that is not as this program wrote it: all are bad data (65).
import {OpsError} from 'mailops/core'

const AGAIN = 'make the bundle again, or fetch it again; `sha256sum` on both sides tells whether the copy went wrong'

/** Its bytes are not what was written. */
export const damaged = (path: string, what: string, cause?: unknown): OpsError =>
  new OpsError('BUNDLE_DAMAGED', `${path}: ${what}`, {exit: 'badData', hint: AGAIN, cause})

/** It holds what no bundle of ours does, and what could do harm. */
export const unsafe = (path: string, what: string): OpsError =>
  new OpsError('BUNDLE_UNSAFE', `${path}: ${what}; it is refused`, {
    exit: 'badData',
    hint: 'take a bundle that `mailops smartermail bundle` wrote',
  })

/** No such thing as a bundle. */
export const notABundle = (path: string, what: string): OpsError =>
  new OpsError('NOT_A_BUNDLE', `${path} is not a bundle: ${what}`, {
    exit: 'badData',
    hint: 'mailops smartermail bundle SERVICE_DIR -o FILE.tar.gz makes one',
  })
