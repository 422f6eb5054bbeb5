import type { Language } from '@fabrique/contract'
import { type SharedDistribution, shortNumber } from '@fabrique/ml/drift'

/** Text that means itself in HTML. Names come from files: what controls a terminal, or turns the direction of what follows, is shown as a sign. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

interface Drawing {
  readonly title: string
  readonly others: (count: number) => string
  readonly language: Language
}

const width = 320
const height = 110
const barHeight = 16
const labelChars = 18

const place = (value: number) => String(Math.round(value * 10) / 10)

/** Both sides on one picture: steps of numbers, bars of labels. */
export function drawDistribution(drawn: SharedDistribution, drawing: Drawing): string {
  return drawn.kind === 'numbers' ? drawNumbers(drawn, drawing) : drawLabels(drawn, drawing)
}

function drawNumbers(
  { edges, reference, current }: Extract<SharedDistribution, { kind: 'numbers' }>,
  { title, language }: Drawing,
): string {
  const greatest = Math.max(...reference, ...current)
  const y = (share: number) => place(height - (share / greatest) * (height - 4))
  const steps = (shares: readonly number[]) => {
    const step = width / shares.length
    return `M0 ${height}${shares.map((share, index) => `V${y(share)}H${place((index + 1) * step)}`).join('')}V${height}`
  }
  const number = (value: number | undefined) => escapeHtml(shortNumber(value ?? 0, language))
  return `<svg viewBox="0 0 ${width} ${height + 18}" role="img" aria-label="${escapeHtml(title)}"><path class="reference" d="${steps(reference)}Z"/><path class="current" d="${steps(current)}"/><path class="axis" d="M0 ${height}H${width}"/><text x="0" y="${height + 14}">${number(edges[0])}</text><text x="${width}" y="${height + 14}" text-anchor="end">${number(edges.at(-1))}</text></svg>`
}

function drawLabels(
  { labels, reference, current, others }: Extract<SharedDistribution, { kind: 'labels' }>,
  { title, others: tell, language }: Drawing,
): string {
  // What is left is told, not drawn: its bar would dwarf the others.
  const names = others > 0 ? [...labels, tell(others)] : labels
  const shown = [...reference.slice(0, labels.length), ...current.slice(0, labels.length)]
  const greatest = Math.max(...shown)
  const [from, room] = [110, width - 110 - 46]
  const long = (share: number | undefined) => place(((share ?? 0) / greatest) * room)
  const percent = (share: number | undefined) =>
    (share ?? 0).toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 })
  const rows = names.map((name, index) => {
    const top = index * (barHeight + 8)
    const short = name.length > labelChars ? `${name.slice(0, labelChars - 1)}…` : name
    const bars =
      index < labels.length
        ? `<rect class="reference" x="${from}" y="${top + 1}" width="${long(reference[index])}" height="7"/><rect class="current" x="${from}" y="${top + 9}" width="${long(current[index])}" height="7"/>`
        : ''
    return `<text x="${from - 6}" y="${top + 13}" text-anchor="end">${escapeHtml(short)}</text>${bars}<text class="share" x="${width}" y="${top + 13}" text-anchor="end">${percent(current[index])}</text>`
  })
  return `<svg viewBox="0 0 ${width} ${names.length * (barHeight + 8)}" role="img" aria-label="${escapeHtml(title)}">${rows.join('')}</svg>`
}
