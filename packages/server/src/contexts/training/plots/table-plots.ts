import type { EvaluationReports } from '@fabrique/ml'
import { figure, fitText, heading, picture, plotColors, plotSize, short, words } from './plot-frame.js'
import type { Lettering } from './plot-text.js'

/** Classes in a picture at most; of more, the most frequent. */
const classesMax = 30
const featuresMax = 20

/** Counts of the test rows by true and predicted class; the colour is the share of the true class. */
export function confusionPlot(
  letters: Lettering,
  { classes, counts }: NonNullable<EvaluationReports['confusion_matrix']>,
): string {
  const support = counts.map((line) => line.reduce((sum, count) => sum + count, 0))
  const total = support.reduce((sum, count) => sum + count, 0)
  const right = counts.reduce((sum, line, code) => sum + (line[code] ?? 0), 0)
  const shown = [...classes.keys()]
    .sort((first, second) => (support[second] ?? 0) - (support[first] ?? 0) || first - second)
    .slice(0, classesMax)
    .sort((first, second) => first - second)
  const size = { size: shown.length > 12 ? 10 : 13 }
  const names = shown.map((code) => fitText(letters, classes[code] ?? '', 130, size))
  const nameWidth = Math.max(...names.map((name) => letters.width(name, size)))
  const isTurned = shown.length > 6
  const left = 52 + nameWidth
  const top = 92 + (isTurned ? nameWidth + 8 : 22)
  const cell = Math.min(96, (plotSize.width - left - 24) / shown.length)
  const rowHeight = Math.min(cell, 56)
  const height = Math.max(plotSize.height, Math.ceil(top + shown.length * rowHeight + 24))
  const cells = shown.flatMap((truth, row) =>
    shown.map((predicted, column) => {
      const count = counts[truth]?.[predicted] ?? 0
      const share = count / (support[truth] || 1)
      const [x, y] = [left + column * cell, top + row * rowHeight]
      const middle = { x: x + (cell - 2) / 2, anchor: 'middle' } as const
      const color = truth === predicted ? plotColors.series[0] : plotColors.series[1]
      const box = `x="${short(x)}" y="${short(y)}" width="${short(cell - 2)}" height="${short(rowHeight - 2)}" rx="2"`
      const hasShare = rowHeight >= 44 && cell >= 52
      const base = y + rowHeight / 2 + (hasShare ? -2 : 3)
      return [
        `<rect ${box} fill="${plotColors.surface}"/><rect ${box} fill="${color}" fill-opacity="${short(share * 0.7)}"/>`,
        count === 0 && !hasShare
          ? ''
          : words(letters, figure(count), { ...middle, y: base }, { ...size, isBold: true }, plotColors.text),
        hasShare ? words(letters, percent(share), { ...middle, y: base + 16 }, { size: 11 }, plotColors.text) : '',
      ].join('')
    }),
  )
  const part = shown.length < classes.length ? `. The ${shown.length} most frequent of ${classes.length} classes` : ''
  return picture(
    [
      heading(letters, {
        title: 'Confusion matrix',
        caption: `${right} of ${total} test rows are on the diagonal, ${percent(total === 0 ? 0 : right / total)}${part}`,
      }),
      words(letters, 'Predicted class', { x: left, y: 82 }, { size: 12 }),
      words(
        letters,
        'True class',
        { x: 30, y: top + (shown.length * rowHeight) / 2, anchor: 'middle', isUpright: true },
        { size: 12 },
      ),
      ...names.flatMap((name, index) => {
        const across = left + index * cell + cell / 2
        return [
          words(letters, name, { x: left - 8, y: top + (index + 0.5) * rowHeight + 4, anchor: 'end' }, size),
          isTurned
            ? words(letters, name, { x: across + 3, y: top - 6, isUpright: true }, size)
            : words(letters, fitText(letters, name, cell - 4, size), { x: across, y: top - 8, anchor: 'middle' }, size),
        ]
      }),
      ...cells,
    ],
    height,
  )
}

/** What the model goes by: a bar for each feature, the longest first. */
export function importancesPlot(letters: Lettering, importances: Readonly<Record<string, number>>): string {
  const ranked = Object.entries(importances).sort(([, first], [, second]) => Math.abs(second) - Math.abs(first))
  const shown = ranked.slice(0, featuresMax)
  const size = { size: 13 }
  const names = shown.map(([name]) => fitText(letters, name, 220, size))
  const left = 36 + Math.max(0, ...names.map((name) => letters.width(name, size)))
  const most = Math.abs(shown[0]?.[1] ?? 0) || 1
  const room = plotSize.width - left - 100
  const height = Math.max(200, 84 + shown.length * 24 + 20)
  const part =
    shown.length < ranked.length
      ? `The ${shown.length} most important of ${ranked.length} features`
      : `${ranked.length} features`
  return picture(
    [
      heading(letters, { title: 'Importance of features', caption: part }),
      ...shown.flatMap(([, value], index) => {
        const y = 84 + index * 24
        const width = Math.max((Math.abs(value) / most) * room, 1)
        return [
          words(letters, names[index] ?? '', { x: left - 10, y: y + 14, anchor: 'end' }, size, plotColors.text),
          `<rect x="${short(left)}" y="${y + 2}" width="${short(width)}" height="16" rx="2" fill="${value < 0 ? plotColors.series[1] : plotColors.series[0]}"/>`,
          words(letters, figure(value), { x: left + width + 8, y: y + 14 }, size),
        ]
      }),
    ],
    height,
  )
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
