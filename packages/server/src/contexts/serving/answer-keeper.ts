import type { Json } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { redacted } from '../predictions/files.js'
import type { AnsweredLater, KeptRow, ReservedPlace } from '../predictions/index.js'
import { holdTensors } from './keep-tensors.js'
import { rowsOfScoring } from './protocols/scoring.js'
import type { ScoringReply } from './runtime/model-runtime.js'
import type { AnswerKeeper, LoadedVersion } from './served-version.js'

type Keep = (kept: Pick<AnsweredLater, 'rowCount' | 'likelyRows' | 'bytes' | 'read'>) => ReservedPlace | undefined

/** Holds what a version answered in tensors, or in MLflow's scoring protocol, until the log writes it. */
export function answerKeeper({ signature, predictor }: LoadedVersion, keep: Keep): AnswerKeeper {
  return {
    inferred: (inputs, outputs) => keep(holdTensors({ inputs, outputs, signature, predictor })),
    scored(request, reply) {
      if (reply.status !== 200) return undefined
      const bytes = request.body.byteLength + reply.body.byteLength
      return keep({
        rowCount: 1,
        likelyRows: likelyRows(reply),
        bytes,
        read: (hidden) => {
          const names = signature?.features.map(({ name }) => name)
          const rows = rowsOfScoring(request) as readonly NamedRow[]
          return answeredRows(hidden.size === 0 ? rows : rows.map((row) => plainRow(row, names)), reply)
        },
      })
    },
  }
}

type NamedRow = Readonly<Record<string, Json>>

/** A row by the names of features, of which some are hidden: what is not known to be another value is not kept. */
function plainRow(row: NamedRow, names: readonly string[] | undefined): NamedRow {
  const cells = Object.entries(row)
  const isUnnamed = cells.every(([name], at) => name === String(at))
  const isKnown = !isUnnamed || names?.length === cells.length
  return Object.fromEntries(
    cells.map(([name, value], at) => {
      const isPlain = isKnown && (typeof value !== 'object' || value === null)
      return [isUnnamed && isKnown ? (names?.[at] ?? name) : name, isPlain ? value : redacted]
    }),
  )
}

/** Most answers are a list with a value for each row: its commas are counted, as far as rows are kept. */
function likelyRows({ body }: ScoringReply): number {
  const max = limit('predictions.rows_of_request_max')
  let rows = 1
  for (let at = body.indexOf(comma); at !== -1 && rows < max; at = body.indexOf(comma, at + 1)) rows += 1
  return rows
}

const comma = 0x2c
const utf8 = new TextDecoder()

/** The rows with the answer to each; as one where the answer is not one for each row. */
function answeredRows(rows: readonly NamedRow[], reply: ScoringReply): readonly KeptRow[] {
  const { predictions } = JSON.parse(utf8.decode(reply.body)) as { readonly predictions?: Json }
  if (!Array.isArray(predictions) || predictions.length !== rows.length) {
    return [{ inputs: joinedRows(rows), output: outputOf(predictions ?? null) }]
  }
  return rows.map((inputs, row) => ({ inputs, output: outputOf(predictions[row] ?? null) }))
}

/** The values of some rows by name, as lists where there are several. */
function joinedRows(rows: readonly NamedRow[]): NamedRow {
  const [first, ...others] = rows
  if (first === undefined || others.length === 0) return first ?? {}
  const kept = rows.slice(0, limit('predictions.rows_of_request_max'))
  const names = [...new Set(kept.flatMap(Object.keys))]
  return Object.fromEntries(names.map((name) => [name, kept.map((row) => row[name] ?? null)]))
}

/** A model of MLflow answers a value for each row, or several by name. */
function outputOf(value: Json): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { outputs: value }
    : { prediction: value }
}
