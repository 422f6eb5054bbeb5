/** Reads CSV, or the same with another separator, with quotes, doubled quotes and line ends inside them; stops after `rowsMax` rows. */
export function readCsv(text: string, rowsMax: number, separator = ','): readonly (readonly string[])[] {
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
    else if (sign === separator) {
      row.push(value)
      value = ''
    } else if (sign === '\n') endRow()
    else if (sign !== '\r') value += sign
  }
  if (rows.length < rowsMax && (value !== '' || row.length > 0)) endRow()
  return rows
}
