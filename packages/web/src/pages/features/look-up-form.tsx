import type { FeatureService, FeatureView } from '@fabrique/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import {
  type KeyProblem,
  type Keys,
  keyFields,
  localMoment,
  parseKey,
  readTarget,
  type Target,
  utcMoment,
  writeTarget,
} from './look-up-request.js'

interface LookUpFormProps {
  readonly views: readonly FeatureView[]
  readonly services: readonly FeatureService[]
  readonly asked: {
    readonly target: Target | undefined
    readonly keys: Keys | undefined
    readonly at: string | undefined
  }
  readonly onSubmit: (asked: { readonly target: Target; readonly keys: Keys; readonly at: string | undefined }) => void
}

const daysAgo = { day: 1, week: 7, month: 30 } as const
const dayMs = 86_400_000

/** What stands in the form. */
interface Draft {
  readonly target: Target | undefined
  readonly texts: Readonly<Record<string, string>>
  /** A moment in the zone of the reader, or nothing. */
  readonly moment: string
}

function draftOf({ target, keys = {}, at }: LookUpFormProps['asked']): Draft {
  return {
    target,
    texts: Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, String(value)])),
    moment: at === undefined ? '' : localMoment(new Date(at)),
  }
}

/** Whose features, of which key, and the other moment. */
export function LookUpForm({ views, services, asked, onSubmit }: LookUpFormProps) {
  const { t } = useI18n()
  const words = t.features.lookUp
  const online = views.filter(({ definition }) => definition.online)
  const [first] = services.length > 0 ? services : online
  const [draft, setDraft] = useState(() => draftOf(asked))
  const [problems, setProblems] = useState<Readonly<Record<string, KeyProblem>>>({})
  // Another address, as after Back, fills the form anew; the form itself stays, and so does the focus in it.
  const address = JSON.stringify(asked)
  const [filled, setFilled] = useState(address)
  if (filled !== address) {
    setFilled(address)
    setDraft(draftOf(asked))
    setProblems({})
  }
  const { texts, moment } = draft
  const target =
    draft.target ??
    (first === undefined ? undefined : ({ kind: services.length > 0 ? 'service' : 'view', name: first.name } as const))
  const fields = target === undefined ? [] : keyFields(target, views, services)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const parsed = fields.map(({ name, type }) => ({ name, found: parseKey(texts[name] ?? '', type) }))
    const wrong = parsed.flatMap(({ name, found }) => ('problem' in found ? [[name, found.problem] as const] : []))
    setProblems(Object.fromEntries(wrong))
    const [firstWrong] = wrong
    if (firstWrong !== undefined) {
      const input = event.currentTarget.elements.namedItem(`key ${firstWrong[0]}`)
      if (input instanceof HTMLElement) input.focus()
      return
    }
    if (target === undefined || fields.length === 0) return
    const keys = Object.fromEntries(
      parsed.flatMap(({ name, found }) => ('value' in found ? [[name, found.value] as const] : [])),
    )
    onSubmit({ target, keys, at: utcMoment(moment) })
  }
  const options = (kind: Target['kind'], items: readonly { readonly name: string }[]) =>
    items.map(({ name }) => ({ value: writeTarget({ kind, name }), label: name }))
  return (
    <form className="look-up-form" onSubmit={submit} noValidate>
      <div className="look-up-fields">
        <NativeSelect
          label={words.what}
          value={target === undefined ? '' : writeTarget(target)}
          data={[
            { group: t.features.services, items: options('service', services) },
            { group: t.features.views, items: options('view', online) },
          ].filter(({ items }) => items.length > 0)}
          onChange={(event) => {
            setDraft({ ...draft, target: readTarget(event.currentTarget.value) })
            setProblems({})
          }}
        />
        {fields.map(({ name, type }) => {
          const problem = problems[name]
          return (
            <TextInput
              key={name}
              name={`key ${name}`}
              label={name}
              inputMode={type === 'integer' ? 'numeric' : 'text'}
              autoComplete="off"
              spellCheck={false}
              value={texts[name] ?? ''}
              error={problem === undefined ? undefined : words.problems[problem]}
              onChange={(event) => setDraft({ ...draft, texts: { ...texts, [name]: event.currentTarget.value } })}
            />
          )
        })}
        <div className="look-up-moment">
          <TextInput
            type="datetime-local"
            step={1}
            label={words.compareWith}
            description={words.compareHelp}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={moment}
            onChange={(event) => setDraft({ ...draft, moment: event.currentTarget.value })}
          />
          <div className="look-up-ago">
            {(['day', 'week', 'month'] as const).map((which) => (
              <Button
                key={which}
                variant="subtle"
                size="compact-sm"
                onClick={() =>
                  setDraft({ ...draft, moment: localMoment(new Date(Date.now() - daysAgo[which] * dayMs)) })
                }
              >
                {words.ago[which]}
              </Button>
            ))}
          </div>
        </div>
      </div>
      <div>
        <Button type="submit">{words.submit}</Button>
      </div>
    </form>
  )
}
