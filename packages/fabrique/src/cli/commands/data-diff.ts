import { type Language, routes, type SnapshotDiff } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { barsOf } from '../describe-profile.js'
import { formatCount, formatScore } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { type SnapshotMessages, snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

export interface DiffFlags extends AskFlags {
  readonly limit?: string
}

/** Tells what differs from one snapshot to another. */
export async function dataDiff(base: string, head: string, flags: DiffFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs: 600_000 })
  const before = await findSnapshot(client, base, language)
  const after = await findSnapshot(client, head, language)
  const diff = await client.call(routes.diffSnapshots, {
    params: { snapshot: after.id },
    query: { base: before.id, limit: Math.max(0, Math.min(1000, Number(flags.limit ?? 5))) || 0 },
  })
  if (flags.json === true) printJson(diff)
  else process.stdout.write(describeDiff(diff, language))
}

function describeDiff(diff: SnapshotDiff, language: Language): string {
  const texts = snapshotMessages(language)
  const { added, removed, changed } = diff.rows
  const isSame = diff.schema.length === 0 && added + removed + changed === 0
  const parts = isSame
    ? [`${texts.noDifference}\n`]
    : [describeSchema(diff, texts), describeRows(diff, texts, language), describeShifts(diff, texts, language)]
  return parts.filter((part) => part !== '').join('\n')
}

function describeSchema({ schema }: SnapshotDiff, texts: SnapshotMessages): string {
  if (schema.length === 0) return ''
  const rows = schema.map(({ column, change, from, to }) => [
    column,
    texts.schemaChanges[change],
    [from, to].filter((part) => part !== undefined).join(' → '),
  ])
  return table([texts.column, texts.change, ''], rows)
}

function describeRows(diff: SnapshotDiff, texts: SnapshotMessages, language: Language): string {
  const count = (value: number) => formatCount(value, language)
  const { added, removed, changed, unchanged } = diff.rows
  const lines = [
    pc.bold(diff.key.length > 0 ? texts.byKey(diff.key.join(', ')) : texts.byRow),
    `  ${pc.green(`+ ${count(added)}`)} ${texts.added(added)}, ${pc.red(`- ${count(removed)}`)} ${texts.removed(removed)}, ${pc.yellow(`~ ${count(changed)}`)} ${texts.changed(changed)}, ${count(unchanged)} ${texts.unchanged(unchanged)}`,
    ...diff.samples.removed.map((row) => pc.red(`  - ${JSON.stringify(row)}`)),
    ...diff.samples.added.map((row) => pc.green(`  + ${JSON.stringify(row)}`)),
    ...diff.samples.changed.map(({ key, values }) => {
      const cells = Object.entries(values).map(
        ([column, { base, head }]) => `${column}: ${JSON.stringify(base)} → ${JSON.stringify(head)}`,
      )
      return pc.yellow(`  ~ ${JSON.stringify(key)} ${cells.join(', ')}`)
    }),
  ]
  const columns = diff.changed_columns.map(({ column, rows }) => [column, count(rows)])
  const changedColumns = columns.length === 0 ? '' : `\n${table([texts.column, texts.changedRows], columns, [1])}`
  return `${lines.join('\n')}\n${changedColumns}`
}

const shiftsMax = 20

function describeShifts({ shifts }: SnapshotDiff, texts: SnapshotMessages, language: Language): string {
  const moved = shifts.filter(({ score }) => score > 0).slice(0, shiftsMax)
  if (moved.length === 0) return ''
  const rows = moved.map(({ column, method, score, base, head }) => [
    column,
    formatScore(score, language),
    texts.methods[method],
    `${pc.dim(barsOf(base.histogram?.counts ?? []))} → ${pc.cyan(barsOf(head.histogram?.counts ?? []))}`,
  ])
  return table([texts.column, texts.shift, texts.method, texts.shape], rows, [1])
}
