// A part whose supervisor goes while it is still starting: the test disconnects when it hears that it is there.
import { runUntilStopped } from '../../dist/app/role.js'

// As a server would, it stays until it is stopped.
const work = setInterval(() => {}, 60_000)
const stop = async () => {
  process.exitCode = 7
  clearInterval(work)
}
process.once('disconnect', () => setImmediate(() => runUntilStopped({ stop })))
process.send('there')
