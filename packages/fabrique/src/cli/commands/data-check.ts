import type { ValidationResult } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { checkMessages } from '../check-messages.js'
import { describeValidation } from '../describe-validation.js'
import { printJson } from '../print-json.js'
import { quickRoutes } from '../quick-routes.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { findSnapshot } from '../snapshot-ref.js'
import { terminalLanguage } from '../terminal-language.js'

export interface CheckFlags extends AskFlags {
  readonly suite?: string
  readonly reason: string
}

/**
 * Checks a snapshot on the server against one suite, or against what its project declares and every suite that is kept. Exit status 1
 * when something critical does not hold.
 */
export async function dataCheck(ref: string, flags: CheckFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const url = serverUrl(flags)
  const client = apiClient({ url, language, timeoutMs: 3_600_000 })
  const snapshot = await findSnapshot(client, ref, language)
  const { project, dataset } = snapshot
  const suites =
    flags.suite === undefined
      ? [
          'declared',
          ...(await client.call(quickRoutes.listSuites, { params: { project, dataset } })).items.map(
            ({ name }) => name,
          ),
        ]
      : [flags.suite]
  const results: ValidationResult[] = []
  for (const suite of suites) {
    const body = { suite, reason: flags.reason }
    results.push(await client.call(quickRoutes.validateSnapshot, { params: { snapshot: snapshot.id }, body }))
  }
  if (results.some(({ failed_by_severity }) => failed_by_severity.critical > 0)) process.exitCode = 1
  if (flags.json === true) return printJson(results)
  const texts = checkMessages(language)
  for (const result of results) {
    process.stdout.write(describeValidation(result, language))
    if (result.evaluated === 0) continue
    const address = `${url}/api/v1/validations/${result.id}/report${language === 'fr' ? '?lang=fr' : ''}`
    process.stdout.write(`  ${texts.report(address)}\n`)
  }
}
