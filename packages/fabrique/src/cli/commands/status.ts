import { routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { messages, terminalLanguage } from '../messages.js'
import { type AskFlags, serverUrl } from '../server-url.js'

export { type AskFlags, serverUrl } from '../server-url.js'

/** Tells how the running server and its parts are; exit status 1 when a part is not up. */
export async function status(flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const found = await apiClient({ url: serverUrl(flags), language, timeoutMs: 5_000 }).call(routes.getStatus)
  if (found.state !== 'up') process.exitCode = 1
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`)
    return
  }
  const texts = messages(language)
  const mark = (state: 'up' | 'down' | 'degraded') =>
    state === 'up' ? pc.green('✔') : state === 'down' ? pc.red('✖') : pc.yellow('!')
  const lines = [
    `${pc.bold('Fabrique')} ${found.version}  ${serverUrl(flags)}  ${texts.uptime(found.uptime_s)}`,
    ...found.parts.map(
      ({ name, state, detail }) =>
        `  ${mark(state)} ${name.padEnd(12)}${texts.state[state]}${detail ? pc.dim(`  ${detail}`) : ''}`,
    ),
    `  ${texts.projects.padEnd(14)}${found.projects.join(', ') || '-'}`,
    `  ${texts.served.padEnd(14)}${found.endpoints.map(({ model, version }) => `${model} ${version}`).join(', ') || texts.nothingServed}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
