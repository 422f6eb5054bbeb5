/**
 * Reads a number as people type it, in either language: `5.1`, `5,1`, `1 234,5`, `1,234.5`. Undefined when it is none.
 * A single comma is the decimal mark, as no one groups a feature value by hand.
 */
export function parseNumber(text: string): number | undefined {
  let plain = text
    .trim()
    .replace(/[\s\u00a0\u202f'’]/g, '')
    .replace('\u2212', '-')
  const commas = plain.split(',').length - 1
  if (commas === 1 && !plain.includes('.')) plain = plain.replace(',', '.')
  else if (commas > 0 && plain.lastIndexOf('.') > plain.lastIndexOf(',')) plain = plain.replaceAll(',', '')
  else if (commas === 1) plain = plain.replaceAll('.', '').replace(',', '.')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}
