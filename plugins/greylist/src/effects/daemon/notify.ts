// Tells systemd how the service is (sd_notify(3)), by its own program: Node has no datagram sockets in the file system.
import {find, run} from 'mailops/effects'

/** Sends states as `READY=1`; without NOTIFY_SOCKET, or without the program, it does nothing. */
export const notify = async (...states: [string, ...string[]]): Promise<void> => {
  if (!process.env['NOTIFY_SOCKET']) return
  const program = find('systemd-notify')
  if (program !== null) await run([program, `--pid=${process.pid}`, ...states], {timeoutMs: 5_000, discardOutput: true})
}
