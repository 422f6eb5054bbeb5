import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { CheckDraft } from './monitor-draft.js'
import { type FieldsProps, useProblemText } from './side-fields.jsx'

/** Figures that limits are usually set on; another name may be typed of performance. */
const suggestions: Readonly<Record<CheckDraft['kind'], readonly string[]>> = {
  quality: [
    'missing_share',
    'rows',
    'empty_columns',
    'constant_columns',
    'duplicate_rows_share',
    'new_values_share',
    'out_of_range_share',
  ],
  performance: ['accuracy', 'f1_macro', 'roc_auc', 'r2', 'rmse', 'mae'],
  estimated_performance: ['accuracy', 'f1', 'roc_auc', 'mae', 'rmse'],
}

const newCheck: CheckDraft = { kind: 'quality', metric: 'missing_share', severity: 'alarm', min: '', max: '' }

const kinds = ['quality', 'performance', 'estimated_performance'] as const

/** Bounds that figures of quality and performance have to hold. */
export function LimitFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)('checks')
  const set = (index: number, change: Partial<CheckDraft>) =>
    onChange({ checks: draft.checks.map((check, at) => (at === index ? { ...check, ...change } : check)) })
  return (
    <fieldset className="monitor-fields">
      <legend>{words.limits}</legend>
      <p className="small muted">{words.limitsHelp}</p>
      {draft.checks.map((check, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: limits have no name, and keep their places
        <div key={index} className="monitor-limit">
          <NativeSelect
            label={words.limitKind}
            value={check.kind}
            onChange={({ currentTarget: { value } }) => {
              const kind = kinds.find((one) => one === value) ?? 'quality'
              set(index, { kind, metric: suggestions[kind][0] ?? '', column: undefined })
            }}
            data={kinds.map((value) => ({ value, label: t.monitoring.kinds[value] }))}
          />
          <MetricField check={check} onChange={(metric) => set(index, { metric })} />
          <TextInput
            label={words.min}
            inputMode="decimal"
            value={check.min}
            onChange={(event) => set(index, { min: event.currentTarget.value })}
          />
          <TextInput
            label={words.max}
            inputMode="decimal"
            value={check.max}
            onChange={(event) => set(index, { max: event.currentTarget.value })}
          />
          <ActionIcon
            variant="default"
            aria-label={words.removeLimit(String(index + 1))}
            onClick={() => onChange({ checks: draft.checks.filter((_, at) => at !== index) })}
          >
            <Icon name="bin" size={14} />
          </ActionIcon>
        </div>
      ))}
      {problem !== undefined && (
        <p className="tone-failure small" role="alert">
          {problem}
        </p>
      )}
      <Button
        variant="default"
        className="monitor-add"
        leftSection={<Icon name="plus" size={14} />}
        onClick={() => onChange({ checks: [...draft.checks, newCheck] })}
      >
        {words.addLimit}
      </Button>
    </fieldset>
  )
}

function MetricField({ check, onChange }: { readonly check: CheckDraft; readonly onChange: (metric: string) => void }) {
  const { t } = useI18n()
  const words = t.monitoring
  if (check.kind === 'quality')
    return (
      <NativeSelect
        label={check.column === undefined ? words.form.metric : words.ofColumn(words.form.metric, check.column)}
        value={check.metric}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={suggestions.quality.map((value) => ({ value, label: words.metricNames[value] ?? value }))}
      />
    )
  const list = `metrics-${check.kind}`
  return (
    <>
      <TextInput
        label={words.form.metric}
        list={list}
        value={check.metric}
        autoComplete="off"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={list}>
        {suggestions[check.kind].map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  )
}
