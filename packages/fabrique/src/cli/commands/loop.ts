import { routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { followLoop } from '../follow-loops.js'
import { messages, terminalLanguage } from '../messages.js'
import { progressLines } from '../progress-lines.js'
import { type AskFlags, serverUrl } from './status.js'

/** Runs the loop of one model or of all models of a project on the running server, and follows it. */
export async function loop(
  project: string,
  model: string | undefined,
  flags: AskFlags & { readonly reason: string },
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const lines = progressLines(process.stderr)
  const models =
    model === undefined
      ? (await client.call(routes.getProject, { params: { project } })).definition.models.map(({ name }) => name)
      : [model]
  const finished = []
  for (const name of models) {
    const started = await client.call(routes.startLoop, {
      params: { project, model: name },
      body: { reason: flags.reason },
    })
    lines.note(messages(language).loopRequested(started.id))
    const failure = await followLoop(
      client,
      { project, model: name, flowRun: started.id },
      { language, lines, signal: new AbortController().signal },
    )
    if (failure !== undefined) throw failure
    finished.push(await client.call(routes.getLoopRun, { params: { flow_run: started.id } }))
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(finished, undefined, 2)}\n`)
}
