import type { Language, ReportMetric } from '@fabrique/contract'
import { shortNumber } from '@fabrique/ml/drift'
import { escapeHtml } from './draw-distribution.js'

const en = {
  title: 'Quality and performance',
  figure: 'Figure',
  kind: 'Kind',
  value: 'Value',
  band: 'Band, 95 %',
  bound: 'Bound',
  result: 'Result',
  rows: 'Rows',
  kinds: { quality: 'quality', performance: 'performance', estimated_performance: 'estimated' },
  states: { holds: 'holds', violated: 'does not hold', not_computed: 'not computed', no_bound: '' },
}

const fr: typeof en = {
  title: 'Qualité et performance',
  figure: 'Mesure',
  kind: 'Genre',
  value: 'Valeur',
  band: 'Bande, 95\u202f%',
  bound: 'Borne',
  result: 'Résultat',
  rows: 'Lignes',
  kinds: { quality: 'qualité', performance: 'performance', estimated_performance: 'estimée' },
  states: { holds: 'tenue', violated: 'non tenue', not_computed: 'non calculée', no_bound: '' },
}

const classes = { holds: 'calm', violated: 'drift', not_computed: 'unknown', no_bound: '' } as const

/** The table of figures of a page; nothing where there are none. */
export function renderFigures(figures: readonly ReportMetric[], language: Language): string {
  if (figures.length === 0) return ''
  const texts = language === 'fr' ? fr : en
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : shortNumber(value, language)
  const rows = figures.map((one) => {
    const { kind, metric, column, value, low, high, min, max, state } = one
    const name = `${escapeHtml(metric)}${column === undefined ? '' : ` · ${escapeHtml(column)}`}`
    const why = one.why_not === undefined ? '' : `<div class="why">${escapeHtml(one.why_not)}.</div>`
    const band = low === undefined || high === undefined ? '' : `${number(low)} – ${number(high)}`
    const bounds = [min === undefined ? [] : `≥ ${number(min)}`, max === undefined ? [] : `≤ ${number(max)}`].flat()
    const mark = state === 'no_bound' ? '' : `<span class="mark ${classes[state]}">${texts.states[state]}</span>`
    return `<tr><th scope="row">${name}${why}</th><td class="m">${texts.kinds[kind]}</td><td class="n">${number(value)}</td><td class="n">${band}</td><td class="n">${bounds.join(' ')}</td><td>${mark}</td><td class="n">${one.rows.toLocaleString(language)}</td></tr>`
  })
  return `<h2 class="part">${texts.title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table>
<thead><tr><th scope="col">${texts.figure}</th><th scope="col">${texts.kind}</th><th scope="col" class="n">${texts.value}</th><th scope="col" class="n">${texts.band}</th><th scope="col" class="n">${texts.bound}</th><th scope="col">${texts.result}</th><th scope="col" class="n">${texts.rows}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`
}
