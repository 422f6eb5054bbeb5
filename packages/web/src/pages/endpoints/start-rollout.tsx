import type { RegisteredModelDetail } from '@fabrique/contract'
import { Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { firstDraft, firstShares, type RolloutDraft, readDraft, readSteps } from './rollout-draft.js'
import { ShareBar } from './share-bar.jsx'

/** Begins a roll-out: what is shared is shown before. */
export function StartRollout({ model, onClose }: { readonly model: string; readonly onClose: () => void }) {
  const query = useQuery(queries.model(model))
  return query.data === undefined ? null : <Form model={query.data} onClose={onClose} />
}

const kinds = ['canary', 'split', 'shadow', 'bandit'] as const

function Form({ model, onClose }: { readonly model: RegisteredModelDetail; readonly onClose: () => void }) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const navigate = useNavigate()
  const champion = String(model.aliases.champion ?? '')
  const others = model.versions.filter(({ version }) => version !== champion)
  const [draft, setDraft] = useState<RolloutDraft>(() => firstDraft(others[0]?.version ?? ''))
  const set = (change: Partial<RolloutDraft>) => setDraft({ ...draft, ...change })
  const request = readDraft(draft)
  const start = useChange(
    () =>
      request === undefined
        ? Promise.reject(new Error('The form is not complete'))
        : call('startRollout', { params: { model: model.name }, body: { ...request, reason: draft.reason.trim() } }),
    ['rollouts', 'endpoints'],
    ({ id }) => navigate({ to: paths.rollout({ model: model.name, rollout: id }) as never }),
  )
  const hasCandidate = draft.kind === 'canary' || draft.kind === 'shadow'
  return (
    <FormDialog
      title={words.start}
      size="lg"
      submitLabel={words.begin}
      maySubmit={request !== undefined}
      isPending={start.isPending}
      error={start.error}
      onSubmit={() => start.mutate(undefined)}
      onClose={onClose}
    >
      <NativeSelect
        label={words.kindField}
        description={words.kindTexts[draft.kind]}
        value={draft.kind}
        onChange={(event) => set({ kind: kinds.find((kind) => kind === event.currentTarget.value) ?? 'canary' })}
        data={kinds.map((kind) => ({ value: kind, label: words.kinds[kind] }))}
        data-autofocus
      />
      {hasCandidate ? (
        <NativeSelect
          label={words.candidateField}
          description={words.candidateHelp}
          value={draft.candidate}
          onChange={(event) => set({ candidate: event.currentTarget.value })}
          data={others.map(({ version, aliases }) => ({
            value: version,
            label: [t.common.version(version), ...aliases.map((alias) => `@${alias}`)].join(' '),
          }))}
        />
      ) : (
        <Weights model={model} draft={draft} onChange={set} />
      )}
      {draft.kind === 'canary' && <CanaryFields draft={draft} onChange={set} />}
      {draft.kind === 'shadow' && (
        <TextInput
          label={words.shareField}
          inputMode="decimal"
          value={draft.share}
          onChange={(event) => set({ share: event.currentTarget.value })}
        />
      )}
      {request !== undefined && (
        <div className="stack-tight">
          <h3>{words.preview}</h3>
          <ShareBar rollout={{ kind: request.kind, variants: firstShares(request, champion) }} />
        </div>
      )}
      <ReasonField value={draft.reason} onChange={(reason) => set({ reason })} />
    </FormDialog>
  )
}

interface PartProps {
  readonly draft: RolloutDraft
  readonly onChange: (change: Partial<RolloutDraft>) => void
}

function CanaryFields({ draft, onChange }: PartProps) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  return (
    <>
      <TextInput
        label={words.stepsField}
        description={words.stepsHelp}
        value={draft.steps}
        error={readSteps(draft.steps) === undefined ? words.stepsWrong : undefined}
        onChange={(event) => onChange({ steps: event.currentTarget.value })}
      />
      <TextInput
        label={words.requestsField}
        inputMode="numeric"
        value={draft.requests}
        onChange={(event) => onChange({ requests: event.currentTarget.value })}
      />
      <Checkbox
        label={words.promoteField}
        checked={draft.promotes}
        onChange={(event) => onChange({ promotes: event.currentTarget.checked })}
      />
    </>
  )
}

/** Versions that a form offers; more are asked for by the API. */
const weightsShownMax = 8

function Weights({ model, draft, onChange }: PartProps & { readonly model: RegisteredModelDetail }) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  return (
    <fieldset className="stack-tight">
      <legend className="small muted">{words.weightHelp}</legend>
      {model.versions.slice(0, weightsShownMax).map(({ version }) => (
        <TextInput
          key={version}
          label={words.weightOf(version)}
          inputMode="decimal"
          value={draft.weights[version] ?? ''}
          onChange={(event) => onChange({ weights: { ...draft.weights, [version]: event.currentTarget.value } })}
        />
      ))}
      {readDraft(draft) === undefined && <p className="small muted">{words.needsTwo}</p>}
    </fieldset>
  )
}
