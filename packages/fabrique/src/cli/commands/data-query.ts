import { routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface QueryFlags extends AskFlags {
  readonly limit?: string
  readonly with?: readonly string[]
}

const cellChars = 60

/** Runs one select over a snapshot, the table `data`, and others that `--with NAME=REF` names. */
export async function dataQuery(ref: string, sql: string, flags: QueryFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs: 90_000 })
  const { id } = await findSnapshot(client, ref, language)
  const others: Record<string, string> = {}
  for (const given of flags.with ?? []) {
    const [, name, other] = /^([^=]+)=(.+)$/.exec(given) ?? []
    if (name === undefined || other === undefined) throw wrongUse('--with', texts.otherExpected)
    others[name] = (await findSnapshot(client, other, language)).id
  }
  const limit = Math.max(1, Math.min(10_000, Number(flags.limit ?? 100) || 100))
  const result = await client.call(routes.querySnapshot, { params: { snapshot: id }, body: { sql, limit, others } })
  if (flags.json === true) return printJson(result)
  const text = (value: unknown) => {
    if (value === null) return pc.dim('null')
    const plain = (typeof value === 'object' ? JSON.stringify(value) : String(value)).replace(/\s+/g, ' ')
    return plain.length > cellChars ? `${plain.slice(0, cellChars - 1)}…` : plain
  }
  const right = result.columns.flatMap(({ type }, index) => (/INT|DOUBLE|FLOAT|DECIMAL/.test(type) ? [index] : []))
  process.stdout.write(
    table(
      result.columns.map(({ name }) => name),
      result.rows.map((row) => row.map(text)),
      right,
    ),
  )
  if (!result.is_complete) process.stdout.write(`${pc.dim(texts.leftOut(result.rows.length))}\n`)
}
