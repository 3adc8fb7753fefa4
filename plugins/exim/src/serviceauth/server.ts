// HOST:PORT as it is typed.
import {OpsError} from 'mailops/core'

const SMTP = 25

/**
 * `127.0.0.1:25`, `mx1.example`, `[::1]:2525`; port 25 unless given.
 * @throws OpsError 64 `BAD_SERVER`
 */
export const parseServer = (text: string): {host: string; port: number} => {
  const [, literal, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = literal ?? name
  const port = digits === undefined ? SMTP : Number(digits)
  if (host === undefined || port < 1 || port > 65_535)
    throw new OpsError('BAD_SERVER', `not HOST:PORT: ${text}`, {
      exit: 'usage',
      hint: '--verify 127.0.0.1:25, or [::1]:25',
    })
  return {host, port}
}
