import { Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { hasRest, plainDoings, scheduleChoices } from './monitor-draft.js'
import { type FieldsProps, helpBelow, useProblemText } from './side-fields.jsx'

/** When it runs by itself. */
export function ScheduleFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  return (
    <fieldset className="monitor-fields">
      <legend>{words.schedule}</legend>
      <div className="monitor-grid">
        <NativeSelect
          aria-label={words.schedule}
          value={draft.schedule}
          onChange={({ currentTarget: { value } }) =>
            onChange({ schedule: scheduleChoices.find((choice) => choice === value) ?? 'none' })
          }
          data={scheduleChoices.map((value) => ({ value, label: words.schedules[value] }))}
        />
        {draft.schedule === 'cron' && (
          <TextInput
            label={words.cron}
            description={words.cronHelp}
            inputWrapperOrder={helpBelow}
            value={draft.cron}
            error={problem('cron')}
            onChange={(event) => onChange({ cron: event.currentTarget.value })}
          />
        )}
        {draft.schedule !== 'none' && (
          <TextInput
            label={words.timezone}
            value={draft.timezone}
            onChange={(event) => onChange({ timezone: event.currentTarget.value })}
          />
        )}
      </div>
      {draft.what === 'snapshot' && (
        <Checkbox
          label={words.afterSnapshot}
          checked={draft.afterSnapshot}
          onChange={(event) => onChange({ afterSnapshot: event.currentTarget.checked })}
        />
      )}
    </fieldset>
  )
}

/** The flow of each model, which trains it anew. */
const modelLoop = 'loop'

const levels = ['alarm', 'warning'] as const

/** What follows from a report that alarms. */
export function ActionFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  const projects = useQuery(queries.projects()).data?.items ?? []
  const flows = projects.find(({ name }) => name === draft.project)?.definition.flows ?? []
  const offered = plainDoings.filter((doing) => draft.model !== '' || doing === 'finding' || doing === 'alert')
  return (
    <fieldset className="monitor-fields">
      <legend>{words.actions}</legend>
      {offered.map((doing) => (
        <Checkbox
          key={doing}
          label={t.monitoring.doings[doing]}
          checked={draft.doings.includes(doing)}
          onChange={({ currentTarget: { checked } }) =>
            onChange({ doings: plainDoings.filter((one) => (one === doing ? checked : draft.doings.includes(one))) })
          }
        />
      ))}
      <div className="monitor-grid">
        <NativeSelect
          label={words.flow}
          value={draft.flow}
          onChange={(event) => onChange({ flow: event.currentTarget.value })}
          data={[
            { value: '', label: words.noFlow },
            ...(draft.model === '' ? [] : [{ value: modelLoop, label: words.loop }]),
            ...(draft.flow === '' ||
            (draft.flow === modelLoop && draft.model !== '') ||
            flows.some(({ name }) => name === draft.flow)
              ? []
              : [{ value: draft.flow, label: draft.flow }]),
            ...flows.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
        <NativeSelect
          label={words.from}
          value={draft.from}
          onChange={({ currentTarget: { value } }) =>
            onChange({ from: levels.find((one) => one === value) ?? 'alarm' })
          }
          data={[
            ...levels.map((value) => ({ value, label: words.fromLevels[value] })),
            ...(draft.from === 'each' ? [{ value: 'each', label: words.fromEach }] : []),
          ]}
        />
        {hasRest(draft) && (
          <TextInput
            label={words.coolDown}
            inputMode="numeric"
            value={draft.coolDown}
            error={problem('coolDown')}
            onChange={(event) => onChange({ coolDown: event.currentTarget.value })}
          />
        )}
      </div>
    </fieldset>
  )
}
