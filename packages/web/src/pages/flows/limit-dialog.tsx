import type { FlowLimit } from '@fabrique/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** Sets the slots of a named limit, and how many may be taken in a time. */
export function LimitDialog({ limit, onClose }: { readonly limit?: FlowLimit; readonly onClose: () => void }) {
  const { t } = useI18n()
  const words = t.flows.limits
  const [draft, setDraft] = useState({
    name: limit?.name ?? '',
    slots: String(limit?.slots ?? 1),
    takes: limit?.rate === undefined ? '' : String(limit.rate.takes),
    seconds: limit?.rate === undefined ? '' : String(limit.rate.per_ms / 1000),
  })
  const [slots, takes, seconds] = [count(draft.slots), count(draft.takes), parseNumber(draft.seconds)]
  const hasRate = draft.takes.trim() !== '' || draft.seconds.trim() !== ''
  const isRateRight = !hasRate || (takes !== undefined && seconds !== undefined && seconds > 0)
  const save = useChange(
    () =>
      call('setFlowLimit', {
        params: { limit: draft.name.trim() },
        body: {
          slots: slots ?? 1,
          ...(hasRate && takes !== undefined && seconds !== undefined
            ? { rate: { takes, per_ms: Math.max(Math.round(seconds * 1000), 1) } }
            : {}),
        },
      }),
    ['flow-limits'],
    onClose,
  )
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change })
  return (
    <FormDialog
      title={limit === undefined ? words.add : words.changeOf(limit.name)}
      submitLabel={t.edit.save}
      maySubmit={draft.name.trim() !== '' && slots !== undefined && isRateRight}
      isPending={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      {limit === undefined && (
        <TextInput
          label={t.flows.name}
          description={words.nameHelp}
          required
          autoComplete="off"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-autofocus
        />
      )}
      <TextInput
        label={words.slots}
        description={words.slotsHelp}
        required
        inputMode="numeric"
        value={draft.slots}
        error={slots === undefined ? words.wholeNumber : undefined}
        onChange={(event) => set({ slots: event.currentTarget.value })}
      />
      <div className="backfill-range">
        <TextInput
          label={words.takes}
          inputMode="numeric"
          value={draft.takes}
          error={hasRate && takes === undefined ? words.wholeNumber : undefined}
          onChange={(event) => set({ takes: event.currentTarget.value })}
        />
        <TextInput
          label={words.seconds}
          inputMode="decimal"
          value={draft.seconds}
          error={hasRate && !(seconds !== undefined && seconds > 0) ? t.flows.params.problems.number : undefined}
          onChange={(event) => set({ seconds: event.currentTarget.value })}
        />
      </div>
    </FormDialog>
  )
}

/** A whole number from one on. */
function count(text: string): number | undefined {
  const value = parseNumber(text)
  return value !== undefined && Number.isInteger(value) && value >= 1 ? value : undefined
}
