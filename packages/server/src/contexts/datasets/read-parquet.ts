import { rm } from 'node:fs/promises'
import type { ColumnType } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { inferredType, rowsOf, sqlName, sqlText } from '../../platform/index.js'
import { duckdbType, plainForms, typedValue, widerType } from './column-types.js'
import { copyTo } from './part-file.js'
import { type FormatRequest, type ReadPart, unreadable } from './read-part.js'
import { checkTyped, judgeRows, type PartColumn } from './read-rows.js'

/** Reads a Parquet file to Parquet of the declared types. Lines of its quarantine are rows, from 1. Errors: `source_unreadable`. */
export async function readParquet(request: FormatRequest<'parquet'>): Promise<ReadPart> {
  const { connection, path, rules, target, forced } = request
  const { dataset } = rules
  const [stage, quarantine] = [`${target}.stage`, `${target}.bad`]
  try {
    const source = `read_parquet(${sqlText(path)}, file_row_number = true)`
    const described = await connection.runAndReadAll(
      `select column_name, column_type from (describe select * exclude (file_row_number) from ${source})`,
    )
    const found = rowsOf<{ column_name: string; column_type: string }>(described)
    const names = found.map(({ column_name }) => column_name)
    const naturals = found.map(({ column_type }): ColumnType => inferredType(column_type))
    const missing = Object.keys(dataset.columns).filter((name) => !names.includes(name))
    const columns: readonly PartColumn[] = [
      ...names.map((name, index): PartColumn => {
        const declared = dataset.columns[name]
        if (declared !== undefined) return { name, type: declared.type, declared: true }
        const natural = naturals[index]
        return { name, type: widerType(natural, forced.get(name)), declared: false, natural }
      }),
      ...missing.map((name) => ({ name, type: dataset.columns[name]?.type, declared: true, isMissing: true })),
    ]
    const text = (index: number) => textOf(sqlName(names[index] ?? ''), found[index]?.column_type ?? '')
    const values = columns.map((column, index) => {
      const definition = dataset.columns[column.name] ?? { type: column.type ?? 'text' }
      const type = duckdbType(definition)
      if (column.isMissing === true) return `cast(null as ${type}) as ${sqlName(column.name)}`
      const name = sqlName(column.name)
      if (found[index]?.column_type === type) return name
      return `case when ${name} is null then null
        else coalesce(${typedValue(definition, text(index), plainForms)}, error('type')) end as ${name}`
    })
    const canBeSound = [...missing, ...dataset.key.filter((name) => !names.includes(name))].every(
      (name) => dataset.columns[name]?.nullable === true && !dataset.key.includes(name),
    )
    const isRead =
      canBeSound &&
      !rules.hasCopies &&
      (await connection.run(`copy (select ${values.join(', ')} from ${source}) ${copyTo(target)}`).then(
        () => true,
        (error: unknown) => {
          request.signal?.throwIfAborted()
          if (!/type/.test(String(error))) throw error
          return false
        },
      ))
    if (isRead) {
      const checked = await checkTyped(connection, target, columns, rules)
      if (checked.isSound) {
        return { parquet: target, columns, goodCount: checked.rowCount, rejectedCount: 0, warnings: [] }
      }
    }
    const texts = names.map((_, index) => `${text(index)} as c${index}`).join(', ')
    const shown = `struct_pack(${names.map((name) => `${sqlName(name)} := ${sqlName(name)}`).join(', ')})`
    const judged = await judgeRows(
      connection,
      {
        from: `(select file_row_number + 1 as __line, left(cast(to_json(${shown}) as varchar), ${limit('data.quarantine_row_chars_max')}) as __row, ${texts} from ${source})`,
        names,
        forms: plainForms,
        guesses: naturals,
      },
      rules,
      { file: request.name, target, stage, quarantine, forced },
    )
    return {
      parquet: target,
      columns: judged.columns,
      goodCount: judged.goodCount,
      rejectedCount: judged.badCount,
      ...(judged.badCount === 0 ? {} : { quarantine }),
      warnings: [],
    }
  } catch (error) {
    throw unreadable(error, request)
  } finally {
    await rm(stage, { force: true })
  }
}

/** A value as the text that stands for it; lists and structures as JSON. */
function textOf(name: string, type: string): string {
  if (/\[\]$|^STRUCT|^MAP|^UNION/.test(type)) return `cast(to_json(${name}) as varchar)`
  if (type === 'TIMESTAMP WITH TIME ZONE') return `cast(timezone('UTC', ${name}) as varchar)`
  return `cast(${name} as varchar)`
}
