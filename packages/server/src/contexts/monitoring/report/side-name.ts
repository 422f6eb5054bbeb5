import type { Language, ReportSide } from '@fabrique/contract'

const en = {
  sampled: (rows: string) => `rows taken evenly from ${rows}`,
  scored: (rows: string) => `performance measured on ${rows}, taken evenly`,
}

const fr: typeof en = {
  sampled: (rows) => `lignes prises régulièrement parmi ${rows}`,
  scored: (rows) => `performance mesurée sur ${rows}, prises régulièrement`,
}

/** What a side of a report is, in one line, and that not all of its rows were looked at. */
export function sideName(side: ReportSide | undefined, language: Language): string {
  if (side === undefined) return '–'
  const texts = language === 'fr' ? fr : en
  const count = (rows: number) => rows.toLocaleString(language)
  const { dataset, snapshot_id, model, version, from, until, sampled_of: all, scored_rows: scored } = side
  return [
    dataset,
    snapshot_id,
    model,
    version,
    from?.slice(0, 10),
    until?.slice(0, 10),
    all === undefined ? undefined : texts.sampled(count(all)),
    scored === undefined ? undefined : texts.scored(count(scored)),
  ]
    .filter((part) => part !== undefined)
    .join(' · ')
}
