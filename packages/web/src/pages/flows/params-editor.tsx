import { SegmentedControl, Textarea } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ParamFields } from './params-form.jsx'
import type { ParamsDraft, ParamsMode } from './use-params-draft.js'

/** Parameters to fill in: as fields, or as JSON. */
export function ParamsEditor({ draft }: { readonly draft: ParamsDraft }) {
  const { t } = useI18n()
  const words = t.flows.params
  if (draft.fields.length === 0 && draft.mode === 'form') return <p className="muted">{words.noParams}</p>
  return (
    <fieldset className="params-editor">
      <legend className="visually-hidden">{words.title}</legend>
      <SegmentedControl
        size="xs"
        aria-label={words.title}
        value={draft.mode}
        data={(['form', 'json'] as const).map((value) => ({ value, label: words.modes[value] }))}
        onChange={(mode) => draft.setMode(mode as ParamsMode)}
      />
      {draft.mode === 'form' ? (
        <ParamFields fields={draft.fields} texts={draft.texts} problems={draft.problems} onChange={draft.setTexts} />
      ) : (
        <Textarea
          id="params-json"
          label={words.json}
          rows={8}
          spellCheck={false}
          value={draft.json}
          error={draft.jsonProblem}
          onChange={(event) => draft.setJson(event.currentTarget.value)}
          styles={{ input: { fontFamily: 'var(--font-mono)', fontSize: 13 } }}
        />
      )}
    </fieldset>
  )
}
