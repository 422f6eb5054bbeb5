import {
  type CheckResult,
  type ExpectationHistory,
  expectationSentence,
  fabriqueVersion,
  type Json,
  type Language,
  type Severity,
  showJson,
  type ValidationResult,
} from '@fabrique/contract'
import { isEvaluated, unexpectedShare } from '../check-state.js'
import { reportStyle } from './report-style.js'
import { type ReportTexts, reportTexts } from './report-texts.js'

/** What a report is made of. */
export interface ReportContent {
  readonly validation: ValidationResult
  /** Absent where the snapshot was erased. */
  readonly snapshot?: { readonly content_hash: string; readonly row_count: number } | undefined
  /** The results of the checks over the snapshots, by the place of the check; the oldest first. */
  readonly history: ReadonlyMap<number, ExpectationHistory['points']>
  readonly language: Language
  readonly writtenAt: Date
  /** Bytes that the page must not exceed. */
  readonly bytesMax: number
}

interface Writing extends ReportContent {
  readonly texts: ReportTexts
  readonly count: (value: number) => string
  readonly share: (value: number) => string
}

const barsMax = 30
const samplesMax = 10
const sampleChars = 120

/** Text in HTML: what comes from data, suites and names goes through here, in elements and in attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (sign) => (/[\n\t]/.test(sign) ? sign : '\ufffd'))
}

/**
 * A validation as one HTML page that opens without a server: no script, no request, the look inside. Below `bytesMax` whatever the
 * suite: what does not fit is counted on the page.
 */
export function renderReport(content: ReportContent): string {
  const { language } = content
  const number = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumSignificantDigits: 2 })
  const writing: Writing = {
    ...content,
    texts: reportTexts(language),
    count: (value) => number.format(value),
    share: (value) => percent.format(value),
  }
  const head = `${pageHead(writing)}${summary(writing)}`
  const foot = pageFoot(writing)
  return `${head}${bodyOf(writing, content.bytesMax - bytesOf(head) - bytesOf(foot))}${foot}`
}

const bytesOf = (text: string) => Buffer.byteLength(text)

function verdictOf({ failed, failed_by_severity, evaluated }: ValidationResult) {
  if (evaluated === 0) return 'empty'
  if (failed_by_severity.critical > 0) return 'blocked'
  return failed > 0 ? 'warned' : 'passed'
}

function pageHead({ validation, texts, language }: Writing): string {
  const title = escapeHtml(texts.title(validation.dataset))
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${reportStyle}</style></head>
<body><main><h1>${title}</h1>
`
}

function summary(writing: Writing): string {
  const { validation, snapshot, texts, count, language } = writing
  const { evaluated, failed, failed_by_severity, not_evaluated, checks } = validation
  const verdict = verdictOf(validation)
  const text = {
    passed: () => texts.verdictText.passed(count(evaluated)),
    warned: () => texts.verdictText.warned(count(failed), count(evaluated)),
    blocked: () => {
      const isBlind = checks.some((check) => !isEvaluated(check) && check.expectation.severity === 'critical')
      const say = isBlind ? texts.verdictText.blind : texts.verdictText.blocked
      return say(count(failed_by_severity.critical), count(evaluated))
    },
    empty: () => texts.verdictText.empty,
  }[verdict]()
  const found = (severity: Severity) =>
    checks.filter((check) => isEvaluated(check) && !check.success && check.expectation.severity === severity).length
  const tile = (tone: string, value: number, label: string) =>
    `<li class="${tone}${value === 0 ? ' zero' : ''}"><b>${count(value)}</b>${escapeHtml(label)}</li>`
  const at = moment(validation.created_at, language)
  const suite = texts.suites[validation.suite] ?? validation.suite
  const fact = (name: string, value: string) => `<div><dt>${escapeHtml(name)}</dt><dd>${value}</dd></div>`
  return `<div class="verdict ${verdict}"><strong>${escapeHtml(texts.verdict[verdict])}</strong>${escapeHtml(text)}</div>
<ul class="counts">${tile('passed', evaluated - failed, texts.hold)}${(['critical', 'warning', 'info'] as const)
    .map((severity) => tile(severity, found(severity), texts.doNotHold[severity]))
    .join('')}${tile('unknown', not_evaluated, texts.notEvaluated)}</ul>
<dl class="facts">${fact(texts.project, escapeHtml(validation.project))}${fact(texts.dataset, escapeHtml(validation.dataset))}${fact(texts.suite, escapeHtml(suite))}${fact(texts.checked, `<time datetime="${escapeHtml(validation.created_at)}">${escapeHtml(at)}</time>`)}${
    snapshot === undefined
      ? ''
      : `${fact(texts.rows, count(snapshot.row_count))}${fact(texts.content, `<code>${escapeHtml(snapshot.content_hash.slice(0, 12))}</code>`)}`
  }<div class="wide"><dt>${escapeHtml(texts.snapshot)}</dt><dd><code>${escapeHtml(validation.snapshot_id)}</code></dd></div></dl>
`
}

function pageFoot({ texts, language, writtenAt, history }: Writing): string {
  const legend = [...history.values()].some((points) => points.length > 1) ? `${escapeHtml(texts.legend)} ` : ''
  const made = texts.made(fabriqueVersion, moment(writtenAt.toISOString(), language))
  return `<footer>${legend}${escapeHtml(made)}</footer></main></body></html>
`
}

function moment(at: string, language: Language): string {
  const locale = language === 'fr' ? 'fr' : 'en-GB'
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(
    new Date(at),
  )
}

interface Placed {
  readonly check: CheckResult
  readonly place: number
}

const order: readonly Severity[] = ['critical', 'warning', 'info']

/** What does not hold first, the most severe first; then what holds. Written until the bytes are used. */
function bodyOf(writing: Writing, bytes: number): string {
  const { validation, texts, count } = writing
  const placed = validation.checks.map((check, place) => ({ check, place }))
  const rank = ({ check }: Placed) => order.indexOf(check.expectation.severity) * 2 + (isEvaluated(check) ? 0 : 1)
  const failing = placed.filter(({ check }) => !check.success).sort((left, right) => rank(left) - rank(right))
  const holding = placed.filter(({ check }) => check.success)
  // Room for headings, tables and the line about what was left out.
  const fill = filler(bytes - 4000)
  const articles = fill(failing, (item) => failingArticle(writing, item), holding.length > 0 ? 0.55 : 0.8)
  const lines = fill(failing.slice(articles.length), (item) => checkRow(writing, item, true), 0.85)
  const rows = fill(holding, (item) => checkRow(writing, item, false), 1)
  const left = [failing.length - articles.length - lines.length, holding.length - rows.length] as const
  const heading = (text: string, all: number) => `<h2>${escapeHtml(text)} <span>${count(all)}</span></h2>\n`
  return [
    failing.length === 0 ? '' : heading(texts.failing, failing.length),
    ...articles,
    lines.length === 0 ? '' : checkTable(writing, lines, texts.shortened(count(lines.length))),
    holding.length === 0 ? '' : heading(texts.holding, holding.length),
    rows.length === 0 ? '' : checkTable(writing, rows),
    left[0] + left[1] === 0 ? '' : `<p class="note">${escapeHtml(texts.leftOut(count(left[0]), count(left[1])))}</p>\n`,
  ].join('')
}

/** Writes items one after another until a share of all bytes is used by everything written so far. */
function filler(bytes: number) {
  let used = 0
  return (items: readonly Placed[], write: (item: Placed) => string, share: number): readonly string[] => {
    const written: string[] = []
    for (const item of items) {
      const text = write(item)
      if (used + bytesOf(text) > bytes * share) break
      used += bytesOf(text)
      written.push(text)
    }
    return written
  }
}

const marks = {
  text: escapeHtml,
  name: (name: string) => `<code>${escapeHtml(name)}</code>`,
  value: (value: string) => `<b>${escapeHtml(value)}</b>`,
}

const toneOf = (check: CheckResult) => (isEvaluated(check) ? check.expectation.severity : 'unknown')

function badge({ texts }: Writing, check: CheckResult): string {
  const severity = texts.severity[check.expectation.severity]
  const text = isEvaluated(check) ? severity : `${severity} · ${texts.wasNotEvaluated}`
  return `<span class="badge ${toneOf(check)}">${escapeHtml(text)}</span>`
}

function failingArticle(writing: Writing, { check, place }: Placed): string {
  const { texts, count, language } = writing
  const { expectation, observed, unexpected_sample, missing_count, error } = check
  const measure = measureOf(writing, check)
  const missing = missing_count === undefined || missing_count === 0 ? '' : texts.missing(count(missing_count))
  const detail = [
    error === undefined ? '' : term(texts.because, escapeHtml(error.slice(0, 1000))),
    observed === undefined || error !== undefined
      ? ''
      : term(texts.found, escapeHtml(showJson(observed, language, 400))),
    unexpected_sample === undefined || unexpected_sample.length === 0
      ? ''
      : term(texts.values, sampleList(writing, unexpected_sample)),
    expectation.notes === undefined ? '' : term(texts.notes, escapeHtml(expectation.notes.slice(0, 400))),
  ].join('')
  return `<article class="${toneOf(check)}"><div class="head"><div><h3>${expectationSentence(expectation, language, marks)}</h3><p class="type">${badge(writing, check)} <code>${escapeHtml(expectation.type)}</code></p></div>${strip(writing, place)}</div>${
    measure === '' && missing === ''
      ? ''
      : `<p class="measure">${measure}${missing === '' ? '' : `<span class="muted">${escapeHtml(missing)}</span>`}</p>`
  }${detail === '' ? '' : `<dl class="detail">${detail}</dl>`}</article>
`
}

const term = (name: string, value: string) => `<div><dt>${escapeHtml(name)}</dt><dd>${value}</dd></div>`

/** How many rows break it, in words and as a bar. */
function measureOf(writing: Writing, check: CheckResult): string {
  const { texts, count, share } = writing
  const looked = check.element_count
  const part = unexpectedShare(check)
  if (part === undefined || looked === undefined || looked === 0) return ''
  const text = texts.unexpected(count(check.unexpected_count ?? 0), count(looked), share(part))
  const width = Math.max(0, Math.min(100, part * 100)).toFixed(1)
  return `<span class="bar" aria-hidden="true"><i style="width:${width}%"></i></span>${escapeHtml(text)}`
}

/** Values that came, each once with how often among those kept. */
function sampleList({ texts, language }: Writing, sample: readonly Json[]): string {
  const times = new Map<string, { readonly value: Json; count: number }>()
  for (const value of sample) {
    const name = JSON.stringify(value)
    const known = times.get(name)
    if (known === undefined) times.set(name, { value, count: 1 })
    else known.count += 1
  }
  const items = [...times.values()].slice(0, samplesMax).map(({ value, count }) => {
    const more = count > 1 ? ` <span class="muted">× ${count}</span>` : ''
    if (value === null || value === '')
      return `<li class="none">${escapeHtml(value === null ? texts.missingValue : '""')}${more}</li>`
    return `<li><code>${escapeHtml(showJson(value, language, sampleChars))}</code>${more}</li>`
  })
  return `<ul class="list">${items.join('')}</ul>`
}

function checkTable({ texts, history }: Writing, rows: readonly string[], caption?: string): string {
  const hasHistory = [...history.values()].some((points) => points.length > 1)
  return `<div class="table"><table>${caption === undefined ? '' : `<caption>${escapeHtml(caption)}</caption>`}<thead><tr><th scope="col">${escapeHtml(texts.expectation)}</th><th scope="col">${escapeHtml(texts.observed)}</th>${
    hasHistory ? `<th scope="col">${escapeHtml(texts.history)}</th>` : ''
  }</tr></thead><tbody>
${rows.join('')}</tbody></table></div>
`
}

function checkRow(writing: Writing, { check, place }: Placed, withBadge: boolean): string {
  const { history, language } = writing
  const hasHistory = [...history.values()].some((points) => points.length > 1)
  return `<tr><th scope="row">${withBadge ? badge(writing, check) : ''}${expectationSentence(check.expectation, language, marks)}</th><td>${foundText(writing, check)}</td>${
    hasHistory ? `<td>${strip(writing, place)}</td>` : ''
  }</tr>
`
}

function foundText({ texts, count, share, language }: Writing, check: CheckResult): string {
  const { unexpected_count, observed, error } = check
  if (error !== undefined) return escapeHtml(showJson(error, language, 120))
  const looked = check.element_count
  const part = unexpectedShare(check)
  if (part !== undefined && looked !== undefined && unexpected_count !== undefined) {
    if (unexpected_count === 0) return escapeHtml(texts.none(count(looked)))
    return escapeHtml(texts.unexpected(count(unexpected_count), count(looked), share(part)))
  }
  return observed === undefined ? '–' : escapeHtml(showJson(observed, language, 60))
}

/** The newest results as bars: low where it held, high where it did not, hollow where it was not evaluated. */
function strip({ history, texts }: Writing, place: number): string {
  const points = (history.get(place) ?? []).slice(-barsMax)
  if (points.length < 2) return ''
  const paths = { p: '', f: '', n: '' }
  for (const [index, { success, is_evaluated }] of points.entries()) {
    const x = index * 6 + 2
    if (!is_evaluated) paths.n += `M${x - 1.5} 5.5h3v10h-3z`
    else if (success) paths.p += `M${x} 16v-5`
    else paths.f += `M${x} 16v-15`
  }
  const passed = points.filter(({ success }) => success).length
  const label = escapeHtml(texts.historyOf(passed, points.length))
  const drawn = Object.entries(paths)
    .filter(([, path]) => path !== '')
    .map(([name, path]) => `<path class="${name}" d="${path}"/>`)
    .join('')
  const width = points.length * 6
  return `<svg role="img" width="${width}" height="16" viewBox="0 0 ${width} 16" fill="none" stroke-width="4"><title>${label}</title>${drawn}</svg>`
}
