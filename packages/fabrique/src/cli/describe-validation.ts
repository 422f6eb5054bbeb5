import type { CheckResult, Json, Language, ValidationResult } from '@fabrique/contract'
import pc from 'picocolors'
import { checkMessages } from './check-messages.js'
import { printable } from './printable.js'

const valuesShown = 5
const charsShown = 100

/** A validation for the terminal: what does not hold, each with what was found, then the counts. */
export function describeValidation(validation: ValidationResult, language: Language): string {
  const texts = checkMessages(language)
  const { checks, evaluated, failed, failed_by_severity: by } = validation
  if (evaluated === 0) return `${pc.bold(validation.suite)}  ${texts.noExpectations}\n`
  const mark = failed === 0 ? pc.green('✔') : by.critical > 0 ? pc.red('✖') : pc.yellow('!')
  const lines = [`${mark} ${texts.suiteLine(pc.bold(validation.suite), evaluated - failed, evaluated)}`]
  for (const check of checks.filter(({ success }) => !success)) lines.push(...describeFailing(check, language))
  if (failed > 0) lines.push(`  ${texts.severities(by.critical, by.warning, by.info)}`)
  if (by.critical > 0) lines.push(`  ${pc.red(texts.blocked)}`)
  return `${lines.join('\n')}\n`
}

function describeFailing(check: CheckResult, language: Language): readonly string[] {
  const texts = checkMessages(language)
  const { expectation, error, unexpected_count, element_count, unexpected_sample, observed } = check
  const { severity } = expectation
  const colour = severity === 'critical' ? pc.red : severity === 'warning' ? pc.yellow : pc.dim
  const found =
    error !== undefined
      ? texts.notEvaluated(oneLine(error))
      : unexpected_count !== undefined && element_count !== undefined
        ? texts.unexpected(unexpected_count, element_count)
        : observed === undefined
          ? ''
          : texts.found(oneLine(observed))
  const sample = (unexpected_sample ?? []).slice(0, valuesShown).map((value) => JSON.stringify(value))
  const values = sample.length === 0 ? '' : `, ${texts.as(oneLine(sample.join(', ')))}`
  return [
    `  ${colour(texts.severity[severity])}  ${expectation.type} ${subjectOf(expectation.kwargs)}`.trimEnd(),
    `      ${found}${values}`,
  ]
}

function subjectOf(kwargs: CheckResult['expectation']['kwargs']): string {
  const names = [kwargs.column, kwargs.column_A, kwargs.column_B, kwargs.column_list].flat()
  return oneLine(names.filter((name) => typeof name === 'string').join(', '))
}

function oneLine(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = printable(text)
  return shown.length > charsShown ? `${shown.slice(0, charsShown - 1)}…` : shown
}
