import type { Language, ReportMetric, ReportMultivariate, ReportSegments } from '@fabrique/contract'
import {
  type ColumnDrift,
  type DriftReport,
  driftWords,
  methodTitle,
  resultOf,
  type SharedDistribution,
  shortNumber,
} from '@fabrique/ml/drift'
import { drawDistribution, escapeHtml } from './draw-distribution.js'
import { renderFigures } from './render-figures.js'
import { renderMultivariate } from './render-multivariate.js'
import { renderSegments } from './render-segments.js'
import { reportStyle } from './report-style.js'

/** A report and what it is of. */
export interface RenderedReport {
  readonly report: DriftReport
  readonly distributions: ReadonlyMap<string, SharedDistribution>
  readonly reference: string
  readonly current: string
  readonly language: Language
  /** How the page is judged; by its columns without. */
  readonly verdict?: 'drift' | 'unknown' | 'calm'
  readonly figures?: readonly ReportMetric[]
  readonly segments?: ReportSegments
  readonly multivariate?: readonly ReportMultivariate[]
}

const en = {
  title: 'Drift report',
  reference: 'Reference',
  current: 'Current',
  mode: { evidently: 'Thresholds of Evidently', calibrated: 'Calibrated thresholds' },
  type: 'Type',
  rows: 'Rows',
  tested: 'Tested',
  drifted: 'Drift',
  broken: 'Not comparable',
  others: (count: number) => `${count.toLocaleString('en')} more`,
  types: { num: 'number', cat: 'label', text: 'text', embedding: 'embedding', datetime: 'date', unknown: '' },
  picture: (name: string) => `Distribution of ${name}: share of the rows by value, reference beside current`,
  densityNote:
    'Shares of the rows on bins that both sides share. Rows beyond the drawn range, a thousandth at each end, count in the last bin.',
}

const fr: typeof en = {
  title: 'Rapport de dérive',
  reference: 'Référence',
  current: 'Actuel',
  mode: { evidently: 'Seuils d’Evidently', calibrated: 'Seuils calibrés' },
  type: 'Type',
  rows: 'Lignes',
  tested: 'Testées',
  drifted: 'Dérive',
  broken: 'Non comparables',
  others: (count) => `${count.toLocaleString('fr')} de plus`,
  types: { num: 'nombre', cat: 'étiquette', text: 'texte', embedding: 'embedding', datetime: 'date', unknown: '' },
  picture: (name) => `Distribution de ${name}\u202f: part des lignes par valeur, la référence à côté de l’actuel`,
  densityNote:
    'Parts des lignes sur des intervalles communs aux deux côtés. Les lignes hors du dessin, un millième à chaque bout, comptent dans le dernier intervalle.',
}

/** The page of a report: one file, without scripts, in both colour schemes. */
export function renderDriftReport(rendered: RenderedReport): string {
  const { report, distributions, reference, current, language, figures = [], segments, multivariate = [] } = rendered
  const texts = language === 'fr' ? fr : en
  const words = driftWords(language)
  const count = (value: number) => value.toLocaleString(language)
  const order = [...report.columns.keys()].sort((a, b) => weight(report.columns[a]) - weight(report.columns[b]))
  const columns = order.flatMap((index) => report.columns[index] ?? [])
  const cards = columns.flatMap((column) => {
    const drawn = distributions.get(column.name)
    return drawn === undefined ? [] : [card(column, drawn, texts, language)]
  })
  const side = (title: string, path: string, rows: number, name: string) =>
    `<div class="side ${name}"><dt>${title}</dt><dd>${escapeHtml(path)} <span>${count(rows)} ${texts.rows.toLowerCase()}</span></dd></div>`
  const verdict = rendered.verdict ?? verdictOf(report)
  const broken = report.broken === 0 ? '' : ` · ${texts.broken} ${count(report.broken)}`
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.title}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${texts.title}</h1>
<p class="verdict ${verdict}">${escapeHtml(report.why[language])}.</p>
<dl class="sides">${side(texts.reference, reference, report.referenceRows, 'reference')}${side(texts.current, current, report.currentRows, 'current')}</dl>
<p class="facts">${texts.mode[report.mode]} · ${texts.tested} ${count(report.tested)} / ${count(report.columns.length)} · ${texts.drifted} ${count(report.drifted)}${broken}</p>
<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table>
<thead><tr><th scope="col">${words.column}</th><th scope="col">${words.result}</th><th scope="col">${words.method}</th><th scope="col" class="n">${words.score}</th><th scope="col" class="n">${words.threshold}</th><th scope="col">${texts.type}</th><th scope="col" class="n">${texts.rows}</th></tr></thead>
<tbody>
${columns.map((column) => row(column, distributions.has(column.name), texts, language)).join('\n')}
</tbody></table></div>
${renderMultivariate(multivariate, language)}
${renderFigures(figures, language)}
${segments === undefined ? '' : renderSegments(segments, language)}
${cards.length === 0 ? '' : `<p class="note">${texts.densityNote}</p>\n<section class="cards">\n${cards.join('\n')}\n</section>`}
</main>
</body>
</html>
`
}

function verdictOf({ drifted, broken, datasetDrift }: DriftReport): 'drift' | 'unknown' | 'calm' {
  if (drifted + broken > 0) return 'drift'
  return datasetDrift === null ? 'unknown' : 'calm'
}

/** What drifts or is broken comes first, then what cannot be said, then the rest. */
function weight(column: ColumnDrift | undefined): number {
  if (column === undefined || column.drift === false) return 2
  return column.drift === true || column.broken ? 0 : 1
}

const classOf = ({ drift, broken }: ColumnDrift) =>
  drift === true || broken ? 'drift' : drift === null ? 'unknown' : 'calm'

function anchorOf(name: string): string {
  return `c-${encodeURIComponent(name).replaceAll("'", '%27')}`
}

function row(column: ColumnDrift, isDrawn: boolean, texts: typeof en, language: Language): string {
  const { name, type, method, score, threshold, referenceRows, currentRows } = column
  const number = (value: number | null) => (value === null ? '' : shortNumber(value, language))
  const title = method === null ? '' : methodTitle(method)[language]
  const shown = isDrawn ? `<a href="#${anchorOf(name)}">${escapeHtml(name)}</a>` : escapeHtml(name)
  const mark = `<span class="mark ${classOf(column)}">${resultOf(column, language)}</span>`
  const why = isDrawn ? '' : `<div class="why">${escapeHtml(column.why[language])}.</div>`
  return `<tr><th scope="row">${shown}${why}</th><td>${mark}</td><td class="m">${escapeHtml(title)}</td><td class="n">${number(score)}</td><td class="n">${number(threshold)}</td><td>${texts.types[type]}</td><td class="n">${referenceRows.toLocaleString(language)} / ${currentRows.toLocaleString(language)}</td></tr>`
}

function card(column: ColumnDrift, drawn: SharedDistribution, texts: typeof en, language: Language): string {
  const legend = `<p class="legend"><span class="reference">${texts.reference}</span><span class="current">${texts.current}</span></p>`
  const picture = drawDistribution(drawn, { title: texts.picture(column.name), others: texts.others, language })
  return `<article id="${escapeHtml(anchorOf(column.name))}"><h2>${escapeHtml(column.name)} <span class="mark ${classOf(column)}">${resultOf(column, language)}</span></h2>${legend}${picture}<p class="why">${escapeHtml(column.why[language])}.</p></article>`
}
