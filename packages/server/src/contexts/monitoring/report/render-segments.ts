import type { Language, ReportSegment, ReportSegments } from '@fabrique/contract'
import { shortNumber } from '@fabrique/ml/drift'
import { escapeHtml } from './draw-distribution.js'

const en = {
  title: 'Performance by segment',
  segment: 'Segment',
  result: 'Result',
  now: (metric: string) => `${metric}, now`,
  before: 'Reference',
  band: 'Band, 95 %',
  rows: 'Rows with a truth',
  whole: 'All rows',
  results: {
    fall: 'does worse',
    calm: 'no alarm',
    not_enough_data: 'not enough data',
    no_reference: 'no reference',
    not_computed: 'not computed',
  },
  left: (column: string, segments: string, rows: string) =>
    `${column}: ${segments} more values with ${rows} rows are not told of`,
}

const fr: typeof en = {
  title: 'Performance par segment',
  segment: 'Segment',
  result: 'Résultat',
  now: (metric) => `${metric}, maintenant`,
  before: 'Référence',
  band: 'Bande, 95\u202f%',
  rows: 'Lignes avec vérité',
  whole: 'Toutes les lignes',
  results: {
    fall: 'recul',
    calm: 'pas d’alerte',
    not_enough_data: 'pas assez de données',
    no_reference: 'pas de référence',
    not_computed: 'non calculée',
  },
  left: (column, segments, rows) =>
    `${column}\u202f: ${segments} autres valeurs, de ${rows} lignes, ne sont pas détaillées`,
}

/** How the model does on the parts of the rows, the worst first. */
export function renderSegments(found: ReportSegments, language: Language): string {
  const texts = language === 'fr' ? fr : en
  const count = (value: number) => value.toLocaleString(language)
  const row = (name: string, one: ReportSegments['whole']) =>
    rowOf(name, one, { metric: found.metric, texts, language })
  const rows = [row(texts.whole, found.whole), ...found.segments.map((one: ReportSegment) => row(one.title, one))]
  const notes = found.columns.flatMap(({ column, why_not: why, left_out: left }) => [
    ...(why === undefined ? [] : [`${column}${language === 'fr' ? '\u202f: ' : ': '}${why}`]),
    ...(left === undefined ? [] : [texts.left(column, count(left.segments), count(left.rows))]),
  ])
  return `<h2 class="part">${texts.title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table>
<thead><tr><th scope="col">${texts.segment}</th><th scope="col">${texts.result}</th><th scope="col" class="n">${texts.now(escapeHtml(found.metric))}</th><th scope="col" class="n">${texts.band}</th><th scope="col" class="n">${texts.before}</th><th scope="col" class="n">${texts.rows}</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>
${notes.map((note) => `<p class="why">${escapeHtml(note)}.</p>`).join('\n')}`
}

interface Telling {
  readonly metric: string
  readonly texts: typeof en
  readonly language: Language
}

function rowOf(name: string, one: ReportSegments['whole'], { metric, texts, language }: Telling): string {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : shortNumber(value, language)
  const { state, falls, now, before, labelled, reference_labelled: earlier, metrics, sentence } = one
  const result = falls === true ? 'fall' : falls === false ? 'calm' : state === 'tested' ? 'calm' : state
  const look = falls === true ? 'drift' : falls === false ? 'calm' : 'unknown'
  const own = metrics.find((known) => known.metric === metric)
  const band = own?.low === undefined ? '' : `${number(own.low)} – ${number(own.high)}`
  // Of very many small segments the word and the numbers say it all.
  const why = state === 'not_enough_data' ? '' : `<div class="why">${escapeHtml(sentence)}.</div>`
  const rows = `${earlier.toLocaleString(language)} / ${labelled.toLocaleString(language)}`
  return `<tr><th scope="row">${escapeHtml(name)}${why}</th><td><span class="mark ${look}">${texts.results[result]}</span></td><td class="n">${number(now)}</td><td class="n">${band}</td><td class="n">${number(before)}</td><td class="n">${rows}</td></tr>`
}
