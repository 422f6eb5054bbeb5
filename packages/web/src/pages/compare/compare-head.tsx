import { ActionIcon, Button } from '@mantine/core'
import { AppLink } from '../../components/app-link.jsx'
import { LineSwatch } from '../../components/charts/line-chart.jsx'
import type { LineStyle } from '../../components/charts/line-style.js'
import { Icon } from '../../components/icon.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { runLabel } from '../runs/run-columns.js'
import type { ComparedRun } from './use-compared-runs.js'

/** What a compared run is called, also when it is gone. */
export const comparedName = ({ id, run }: ComparedRun): string => (run === undefined ? id.slice(0, 8) : runLabel(run))

interface CompareHeadProps {
  readonly compared: readonly ComparedRun[]
  readonly styleOf: (id: string) => LineStyle
  readonly onChange: (change: { readonly remove?: string; readonly baseline?: string }) => void
}

/** The runs, the baseline first: another can be made it, and each taken out. A deleted run keeps its place. */
export function CompareHead({ compared, styleOf, onChange }: CompareHeadProps) {
  const { t } = useI18n()
  return (
    <ul className="compare-head">
      {compared.map((each, index) => {
        const name = comparedName(each)
        return (
          <li key={each.id} data-baseline={index === 0 || undefined}>
            <div className="compare-name">
              <LineSwatch style={styleOf(each.id)} />
              {each.run === undefined ? (
                <span>{name}</span>
              ) : (
                <AppLink to={paths.run({ project: each.run.experiment, run: each.id })} title={name}>
                  {name}
                </AppLink>
              )}
              <ActionIcon
                variant="subtle"
                size={24}
                aria-label={t.compare.remove(name)}
                onClick={() => onChange({ remove: each.id })}
              >
                <Icon name="cross" size={12} />
              </ActionIcon>
            </div>
            <div className="compare-facts">
              {each.run !== undefined && <span className="small muted">{each.run.experiment}</span>}
              {each.run !== undefined && each.run.is_deleted !== true && (
                <StateWord state={runState(each.run.status)} />
              )}
              {each.run?.is_deleted === true && <span className="tone-warning small">{t.compare.gone}</span>}
              {each.isGone && <span className="tone-warning small">{t.compare.notFound}</span>}
            </div>
            {index === 0 ? (
              <span className="compare-baseline">
                <Icon name="pin" size={12} />
                {t.compare.baseline}
              </span>
            ) : (
              <Button
                variant="subtle"
                className="compare-pin"
                aria-label={t.compare.makeBaseline(name)}
                onClick={() => onChange({ baseline: each.id })}
              >
                {t.compare.asBaseline}
              </Button>
            )}
          </li>
        )
      })}
    </ul>
  )
}
