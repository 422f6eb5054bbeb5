import type { Backfill, Flow } from '@fabrique/contract'
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { utcMoment } from '../features/look-up-request.js'
import { scheduleText } from './schedule-text.js'

const againChoices = ['none', 'failed', 'all'] as const
/** Moments that are listed; how many there are is said. */
const shownMax = 200

/** Runs a flow for each moment of a schedule in a range, after a look at which those are. */
export function BackfillDialog({ flow, onClose }: { readonly flow: Flow; readonly onClose: () => void }) {
  const { project, name, schedules } = flow
  const { t, f, language } = useI18n()
  const words = t.flows.backfill
  const repeated = schedules.filter(({ at }) => at === undefined)
  const [draft, setDraft] = useState({
    schedule: repeated[0]?.name ?? '',
    from: '',
    to: '',
    again: 'none' as (typeof againChoices)[number],
    newestFirst: false,
    reason: '',
  })
  const [from, to] = [utcMoment(draft.from), utcMoment(draft.to)]
  const ask = (isDry: boolean): Promise<Backfill> =>
    call('backfillFlow', {
      params: { project, flow: name },
      body: {
        ...(draft.schedule === '' ? {} : { schedule: draft.schedule }),
        from: from ?? '',
        to: to ?? '',
        again: draft.again,
        newest_first: draft.newestFirst,
        reason: draft.reason.trim(),
        dry_run: isDry,
      },
    })
  const look = useChange(() => ask(true), [])
  const start = useChange(() => ask(false), ['flows'], onClose)
  const set = (change: Partial<typeof draft>) => {
    setDraft({ ...draft, ...change })
    look.reset()
  }
  const isOrdered = from !== undefined && to !== undefined && from < to
  const wanted = look.data?.moments.filter(({ skipped }) => !skipped).length
  return (
    <FormDialog
      title={words.title(name)}
      size="lg"
      submitLabel={wanted === undefined ? words.start : words.startCount(wanted)}
      maySubmit={isOrdered && wanted !== undefined && wanted > 0}
      isPending={start.isPending}
      error={look.error ?? start.error}
      onSubmit={() => start.mutate(undefined)}
      onClose={onClose}
    >
      <p className="muted">{words.intro}</p>
      {repeated.length > 1 && (
        <NativeSelect
          label={t.flows.schedule}
          value={draft.schedule}
          data={repeated.map((schedule) => ({
            value: schedule.name,
            label: t.common.labelled(schedule.name, scheduleText(schedule, language, t, f)),
          }))}
          onChange={(event) => set({ schedule: event.currentTarget.value })}
        />
      )}
      <div className="backfill-range">
        <TextInput
          type="datetime-local"
          step={1}
          label={words.from}
          required
          value={draft.from}
          onChange={(event) => set({ from: event.currentTarget.value })}
          data-autofocus
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={words.to}
          required
          value={draft.to}
          error={from !== undefined && to !== undefined && !isOrdered ? words.order : undefined}
          onChange={(event) => set({ to: event.currentTarget.value })}
        />
      </div>
      <NativeSelect
        label={words.again}
        value={draft.again}
        data={againChoices.map((value) => ({ value: `${value}`, label: words.againChoices[value] }))}
        onChange={(event) =>
          set({ again: againChoices.find((choice) => choice === event.currentTarget.value) ?? 'none' })
        }
      />
      <Checkbox
        label={words.newestFirst}
        checked={draft.newestFirst}
        onChange={(event) => set({ newestFirst: event.currentTarget.checked })}
      />
      <ReasonField value={draft.reason} onChange={(reason) => setDraft({ ...draft, reason })} />
      <div>
        <Button variant="default" disabled={!isOrdered} loading={look.isPending} onClick={() => look.mutate(undefined)}>
          {words.look}
        </Button>
      </div>
      {look.data !== undefined && <Moments moments={look.data.moments} />}
    </FormDialog>
  )
}

function Moments({ moments }: { readonly moments: Backfill['moments'] }) {
  const { t, f } = useI18n()
  const words = t.flows.backfill
  const skipped = moments.filter((moment) => moment.skipped).length
  return (
    <div className="stack-tight" role="status">
      <p>
        {words.found(moments.length)}
        {skipped > 0 && `, ${words.skipped(skipped)}`}
      </p>
      {moments.length > 0 && (
        <ScrollRegion label={words.moments} className="backfill-moments">
          <ol>
            {moments.slice(0, shownMax).map(({ at, skipped: isSkipped }) => (
              <li key={at} className={isSkipped ? 'muted' : undefined}>
                <time dateTime={at} title={f.momentUtc(at)}>
                  {f.moment(at)}
                </time>
                {isSkipped && ` · ${words.hasRun}`}
              </li>
            ))}
          </ol>
        </ScrollRegion>
      )}
      {moments.length > shownMax && (
        <p className="small muted">{t.common.showingOf(f.integer(shownMax), f.integer(moments.length))}</p>
      )}
    </div>
  )
}
