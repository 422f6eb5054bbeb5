import type { Language, ReportMultivariate } from '@fabrique/contract'
import { shortNumber } from '@fabrique/ml/drift'
import { multivariateTitle } from '../runs/multivariate-words.js'
import { escapeHtml } from './draw-distribution.js'

const en = {
  title: 'Columns together',
  method: 'Method',
  result: 'Result',
  score: 'Score',
  band: 'Band',
  bound: 'Threshold',
  columns: 'Columns',
  results: { drift: 'drift', calm: 'no alarm', unknown: 'not decided' },
}

const fr: typeof en = {
  title: 'Colonnes ensemble',
  method: 'Méthode',
  result: 'Résultat',
  score: 'Score',
  band: 'Bande',
  bound: 'Seuil',
  columns: 'Colonnes',
  results: { drift: 'dérive', calm: 'pas d’alerte', unknown: 'non décidé' },
}

/** What came of the columns together; nothing where nobody asked. */
export function renderMultivariate(found: readonly ReportMultivariate[], language: Language): string {
  if (found.length === 0) return ''
  const texts = language === 'fr' ? fr : en
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : shortNumber(value, language)
  const rows = found.map((one) => {
    const { method, drift, score, low, high, threshold, threshold_low: lower, columns, sentence } = one
    const result = drift === null ? 'unknown' : drift ? 'drift' : 'calm'
    const band = low === undefined || high === undefined ? '' : `${number(low)} – ${number(high)}`
    const bound = lower === undefined ? number(threshold) : `${number(lower)} – ${number(threshold)}`
    return `<tr><th scope="row">${multivariateTitle(method, language)}<div class="why">${escapeHtml(sentence)}.</div></th><td><span class="mark ${result}">${texts.results[result]}</span></td><td class="n">${number(score)}</td><td class="n">${band}</td><td class="n">${bound}</td><td class="n">${columns.toLocaleString(language)}</td></tr>`
  })
  return `<h2 class="part">${texts.title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table>
<thead><tr><th scope="col">${texts.method}</th><th scope="col">${texts.result}</th><th scope="col" class="n">${texts.score}</th><th scope="col" class="n">${texts.band}</th><th scope="col" class="n">${texts.bound}</th><th scope="col" class="n">${texts.columns}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`
}
