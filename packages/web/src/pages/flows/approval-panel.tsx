import type { FlowStep } from '@fabrique/contract'
import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Icon } from '../../components/icon.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { JsonObject } from './param-fields.js'
import { ParamsEditor } from './params-editor.jsx'
import { useParamsDraft } from './use-params-draft.js'

/** What a step asks of a person: the question, the form of the values it wants, and two answers. */
export function ApprovalPanel({ run, step }: { readonly run: string; readonly step: FlowStep }) {
  const { t } = useI18n()
  const { approval, name } = step
  const words = t.flows.approval
  const [comment, setComment] = useState('')
  const decide = useChange(
    ({ decision, values }: { readonly decision: 'approved' | 'rejected'; readonly values: JsonObject }) =>
      call('decideApproval', {
        params: { flow_run: run, step: name },
        body: { decision, values, comment: comment.trim() },
      }),
    ['flow-run', 'flows'],
  )
  const draft = useParamsDraft(approval?.form ?? noForm, noForm, decide.error)
  if (approval === undefined) return null
  return (
    <section className="approval" aria-labelledby={`approval-${name}`}>
      <h2 id={`approval-${name}`}>{words.title(name)}</h2>
      <p className="approval-prompt">{approval.prompt}</p>
      {approval.until !== undefined && (
        <p className="small">
          {words.until} <Moment at={approval.until} relative={false} />
        </p>
      )}
      {approval.form !== undefined && <ParamsEditor draft={draft} />}
      <Textarea
        label={words.comment}
        rows={2}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {decide.error !== null && <FailurePanel error={decide.error} />}
      <div className="row">
        <Button
          leftSection={<Icon name="check" size={14} />}
          loading={decide.isPending}
          onClick={() => {
            const values = draft.read()
            if (values !== undefined) decide.mutate({ decision: 'approved', values })
          }}
        >
          {words.approve}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="cross" size={14} />}
          loading={decide.isPending}
          onClick={() => decide.mutate({ decision: 'rejected', values: {} })}
        >
          {words.reject}
        </Button>
      </div>
    </section>
  )
}

const noForm: JsonObject = {}
