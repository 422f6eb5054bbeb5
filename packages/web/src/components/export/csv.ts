export type Cell = string | number | boolean | null | undefined

export type CsvDialect = 'neutral' | 'french'

/** Writes a table as CSV: neutral with comma and point, or as French Excel opens it, with semicolon, comma and a mark. */
export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[], dialect: CsvDialect): string {
  const separator = dialect === 'french' ? ';' : ','
  const cell = (value: Cell): string => {
    if (value === null || value === undefined) return ''
    if (typeof value === 'number') return dialect === 'french' ? String(value).replace('.', ',') : String(value)
    const text = String(value)
    return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = [header, ...rows].map((line) => line.map(cell).join(separator))
  return `${dialect === 'french' ? '\ufeff' : ''}${lines.join('\r\n')}\r\n`
}

/** Reads CSV with quotes, doubled quotes and line ends inside them; stops after `rowsMax` rows. */
export function readCsv(text: string, rowsMax: number): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  let value = ''
  let isQuoted = false
  const endRow = () => {
    rows.push([...row, value])
    row = []
    value = ''
  }
  for (let at = 0; at < text.length && rows.length < rowsMax; at += 1) {
    const sign = text[at] ?? ''
    if (isQuoted && sign === '"' && text[at + 1] === '"') {
      value += '"'
      at += 1
    } else if (sign === '"') isQuoted = !isQuoted
    else if (isQuoted) value += sign
    else if (sign === ',') {
      row.push(value)
      value = ''
    } else if (sign === '\n') endRow()
    else if (sign !== '\r') value += sign
  }
  if (rows.length < rowsMax && (value !== '' || row.length > 0)) endRow()
  return rows
}
