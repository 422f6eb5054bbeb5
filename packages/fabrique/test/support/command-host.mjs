// Runs the commands that it is sent, one at a time, and stays: they are over sooner than what they load. A command is over when a process
// of its own would be, which is when nothing keeps it alive any more.
import { start } from '../../dist/cli/start.js'

const streams = [process.stdout, process.stderr]
/** The streams and the channel of the messages. */
const ownPipes = 3

process.on('message', async ({ program, args, env }) => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  await start([process.execPath, program, ...args])
  while (isKeptAlive()) await new Promise((resolve) => setTimeout(resolve, 1).unref())
  const ended = `\0ended ${process.exitCode ?? 0}\0`
  for (const stream of streams) stream.write(ended)
})
process.on('disconnect', () => process.exit())

function isKeptAlive() {
  const alive = process.getActiveResourcesInfo()
  return alive.length > ownPipes || alive.some((name) => name !== 'PipeWrap')
}
