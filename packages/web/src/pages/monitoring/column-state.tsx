import type { ReportColumn } from '@fabrique/contract'
import { Icon, type IconName } from '../../components/icon.jsx'
import type { Tone } from '../../components/state-word.jsx'
import type { Catalogue } from '../../i18n/catalogue.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { levelOf } from './choose-columns.js'
import '../../components/state-word.css'

type Told = Pick<ReportColumn, 'state' | 'drift' | 'broken'>

export const columnStateText = ({ state, drift }: Told, t: Pick<Catalogue, 'monitoring'>): string =>
  t.monitoring.columnStates[drift === true ? 'drift' : state]

/** What a column is, as "target, number"; nothing where neither is worth telling. */
export function kindText(
  { role, type }: Pick<ReportColumn, 'role' | 'type'>,
  t: Pick<Catalogue, 'monitoring'>,
): string {
  const { roles, types } = t.monitoring
  return [...(role === 'feature' ? [] : [roles[role]]), ...(type === 'unknown' ? [] : [types[type]])].join(', ')
}

/** What came of a column as shape, word and colour: drift, what broke, what could not be told, and what is calm differ in all three. */
export function ColumnStateWord({ column }: { readonly column: Told }) {
  const { t } = useI18n()
  const [tone, icon] = lookOf(column)
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{columnStateText(column, t)}</span>
    </span>
  )
}

function lookOf(column: Told): readonly [Tone, IconName] {
  if (column.drift === true) return ['failure', 'alarm']
  if (column.broken) return ['warning', 'warning']
  return levelOf(column) === 'untested' ? ['idle', 'dash'] : ['ok', 'check']
}
