import type { Flow, FlowRun } from '@fabrique/contract'
import { Button, type ButtonProps, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { utcMoment } from '../features/look-up-request.js'
import type { JsonObject } from './param-fields.js'
import { ParamsEditor } from './params-editor.jsx'
import { useParamsDraft } from './use-params-draft.js'
import './flows.css'

/** Asks for parameters and runs the flow now, or at a moment; then shows the run. */
export function StartFlowButton({
  flow,
  variant = 'default',
}: {
  readonly flow: Flow
  readonly variant?: NonNullable<ButtonProps['variant']>
}) {
  const { t } = useI18n()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button
        variant={variant}
        leftSection={<Icon name="play" size={14} />}
        aria-label={t.common.labelled(t.flows.start.title, flow.name)}
        onClick={() => setOpen(true)}
      >
        {t.flows.start.title}
      </Button>
      {isOpen && <StartFlowDialog flow={flow} onClose={() => setOpen(false)} />}
    </>
  )
}

function StartFlowDialog({ flow, onClose }: { readonly flow: Flow; readonly onClose: () => void }) {
  const { project, name, definition, has_worker: hasWorker } = flow
  const { t } = useI18n()
  const words = t.flows.start
  const navigate = useNavigate()
  const [at, setAt] = useState('')
  const [reason, setReason] = useState('')
  const start = useChange(
    (params: JsonObject): Promise<FlowRun> => {
      const due = utcMoment(at)
      return call('startFlow', {
        params: { project, flow: name },
        body: { params, reason: reason.trim(), ...(due === undefined ? {} : { at: due }) },
      })
    },
    ['flows'],
    (run) => {
      onClose()
      void navigate({ to: paths.flowRun({ project, flow: name, run: run.id }) as string } as { to: '/' })
    },
  )
  const draft = useParamsDraft(definition.params_schema, {}, start.error)
  const isBeside = Object.values(draft.problems).some((problem) => typeof problem === 'string')
  return (
    <FormDialog
      title={words.of(name)}
      size="lg"
      submitLabel={words.title}
      maySubmit
      isPending={start.isPending}
      error={isBeside && draft.mode === 'form' ? undefined : start.error}
      onSubmit={() => {
        const params = draft.read()
        if (params !== undefined) start.mutate(params)
      }}
      onClose={onClose}
    >
      {!hasWorker && <p className="tone-warning">{t.flows.noWorker}</p>}
      <ParamsEditor draft={draft} />
      <TextInput
        type="datetime-local"
        step={1}
        label={words.at}
        description={words.atHelp}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  )
}
