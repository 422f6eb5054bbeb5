export interface Point {
  readonly step: number
  readonly value: number
}

/** Keeps at most `pointsMax` points: of each stretch the lowest and the highest, so that no peak is lost. */
export function reducePoints(points: readonly Point[], pointsMax: number): readonly Point[] {
  if (points.length <= pointsMax) return points
  const stretches = Math.floor(pointsMax / 2)
  const kept: Point[] = []
  for (let index = 0; index < stretches; index += 1) {
    const from = Math.floor((index * points.length) / stretches)
    const to = Math.floor(((index + 1) * points.length) / stretches)
    const stretch = points.slice(from, to).sort((a, b) => a.value - b.value)
    const ends = [stretch[0], stretch.at(-1)].filter((point) => point !== undefined)
    kept.push(...ends.sort((a, b) => a.step - b.step))
  }
  return kept
}

/** Round marks that cover a range: at most about `count` of them. */
export function ticks(min: number, max: number, count: number): readonly number[] {
  if (!(max > min)) return [min]
  const rough = (max - min) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough
  const marks: number[] = []
  for (let mark = Math.ceil(min / step) * step; mark <= max + step / 1e6; mark += step)
    marks.push(Number(mark.toPrecision(12)))
  return marks
}
