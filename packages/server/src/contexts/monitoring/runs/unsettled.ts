import type { Language } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../../platform/index.js'
import type { StoredParts, UnsettledPart } from '../store.js'
import { multivariateTitle } from './multivariate-words.js'
import { nameOfSegment } from './name-of-segment.js'
import type { ReportDocument } from './report-document.js'

type Parts = Pick<ReportDocument, 'segments' | 'multivariate'>

/** What the last report of a monitor left to be settled; nothing where no finding is open. */
export async function unsettledBefore(ctx: VerbContext, monitor: string): Promise<readonly UnsettledPart[]> {
  const { rows } = await sql<{ parts: unknown }>`
    select parts from monitor_reports r where monitor = ${monitor} and not ad_hoc
      and exists (select from findings f where f.monitor = r.monitor and f.state <> 'resolved')
    order by at desc, id desc limit 1
  `.execute(ctx.db)
  return fromJsonb<StoredParts | null>(rows[0]?.parts ?? null)?.unsettled ?? []
}

/**
 * What a report leaves to be settled: what it found bad, and what was so before and that it could not decide. Truth that is late is no good
 * news of a segment that fell. A run without a result settles nothing, and what nobody asks for any more is settled.
 */
export function unsettledOf(found: Parts | undefined, before: readonly UnsettledPart[]): readonly UnsettledPart[] {
  if (found === undefined) return before
  return [...badOf(found), ...before.filter((part) => isUndecided(part, found))]
}

function badOf({ segments, multivariate = [] }: Parts): readonly UnsettledPart[] {
  return [
    ...multivariate.flatMap(({ method, drift }): UnsettledPart[] =>
      drift === true ? [{ part: 'multivariate', method }] : [],
    ),
    ...(segments?.whole.falls === true ? [{ part: 'whole' } as const] : []),
    ...(segments?.segments ?? []).flatMap(({ column, segment, from, below, falls }): UnsettledPart[] =>
      falls === true
        ? [
            {
              part: 'segment',
              column,
              segment,
              ...(from === undefined ? {} : { from }),
              ...(below === undefined ? {} : { below }),
            },
          ]
        : [],
    ),
  ]
}

function isUndecided(part: UnsettledPart, { segments, multivariate = [] }: Parts): boolean {
  switch (part.part) {
    case 'multivariate':
      return multivariate.some(({ method, drift }) => method === part.method && drift === null)
    case 'whole':
      return segments?.whole.falls === null
    case 'segment': {
      if (segments === undefined) return false
      const own = segments.segments.filter(({ column }) => column === part.column)
      const same = own.find(({ segment }) => segment === part.segment)
      if (same !== undefined) return same.falls === null
      // Without any current row nothing is parted. A part that is gone is settled by the others of its column.
      const isAsked = segments.columns.length === 0 || segments.columns.some(({ column }) => column === part.column)
      return isAsked && own.every(({ falls }) => falls === null)
    }
  }
}

/** Parts that a sentence names. */
const namedMax = 2

/** What a report says that would have ended the finding of its monitor. */
export function tellUnsettled({ en, fr }: Said, unsettled: readonly UnsettledPart[]): Said {
  const names = (language: Language, and: string) => {
    const named = unsettled.slice(0, namedMax).map((part) => nameOf(part, language))
    const more = unsettled.length - named.length
    return more > 0
      ? `${named.join(', ')} ${and} ${more} ${language === 'fr' ? 'de plus' : 'more'}`
      : named.join(` ${and} `)
  }
  return {
    en: `${en}; the open finding stays, as it is not known whether these are as before: ${names('en', 'and')}`,
    fr: `${fr}\u202f; le constat ouvert le reste, car on ne sait pas si ceci est comme avant\u202f: ${names('fr', 'et')}`,
  }
}

function nameOf(part: UnsettledPart, language: Language): string {
  if (part.part === 'multivariate') return multivariateTitle(part.method, language)
  if (part.part === 'whole') return language === 'fr' ? 'le modèle dans l’ensemble' : 'the model as a whole'
  return nameOfSegment(part, language)
}
