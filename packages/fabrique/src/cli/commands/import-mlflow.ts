import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { type ImportSummary, importMlflow } from '../../import/index.js'
import { mlflowClient } from '../../mlflow/index.js'
import { formatBytes, formatCount } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { type AskFlags, serverUrl } from './status.js'

export interface ImportFlags extends AskFlags {
  readonly from: string
  readonly artifacts?: string
}

/** Brings what an MLflow store holds to the running server; exit status 1 when something could not be brought. */
export async function importFromMlflow(flags: ImportFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = messages(language).imports
  const url = serverUrl(flags)
  const lines = progressLines(process.stderr)
  const line = ({ runs, points, files }: ImportSummary) =>
    texts.progress(
      formatCount(runs.created + runs.unchanged, language),
      formatCount(points, language),
      formatCount(files, language),
    )
  const summary = await importMlflow({
    from: flags.from,
    ...(flags.artifacts === undefined ? {} : { artifacts: flags.artifacts }),
    api: apiClient({ url, language, timeoutMs: 300_000 }),
    mlflow: mlflowClient({ url }),
    onProgress: (now) => lines.busy(texts.title, line(now)),
  })
  lines.done(texts.title, line(summary))
  if (summary.warnings.length > 0) process.exitCode = 1
  if (flags.json === true) printJson(summary)
  else process.stdout.write(describe(summary, texts, language))
}

function describe(
  summary: ImportSummary,
  texts: ReturnType<typeof messages>['imports'],
  language: 'en' | 'fr',
): string {
  const count = (value: number) => formatCount(value, language)
  const row = (name: string, value: string) => `  ${name.padEnd(22)}${value}`
  const made = ({ created, unchanged }: { readonly created: number; readonly unchanged: number }) =>
    texts.made(count(created), count(unchanged))
  const lines = [
    `${pc.bold(texts.title)}  ${summary.source}`,
    row(texts.experiments, made(summary.experiments)),
    row(texts.runs, made(summary.runs)),
    row(texts.points, texts.read(count(summary.points))),
    row(texts.files, `${count(summary.files)}  ${pc.dim(formatBytes(summary.bytes, language))}`),
    row(texts.loggedModels, made(summary.logged_models)),
    row(texts.models, made(summary.models)),
    row(texts.versions, count(summary.versions)),
    ...summary.warnings.map((warning) => `  ${pc.yellow('!')} ${warning}`),
  ]
  return `${lines.join('\n')}\n`
}
