import type { ColumnProfile, SnapshotColumn } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { chosenFeatures, featureChoice } from './train-draft.js'
import type { TrainTexts } from './train-texts.js'
import { featureCandidates } from './training-request.js'

/** Rows of the list at once; a search reaches the others. */
const shownMax = 200
/** From so many columns on a search helps. */
const searchFrom = 9

/** The columns to predict from, as a list to tick, for ten columns as for a thousand. */
export function FeaturesPart(props: FormPartProps) {
  const { form } = props
  const { f } = useI18n()
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, snapshot, profiles } = form
  const [find, setFind] = useState('')
  const columns = snapshot?.columns ?? []
  const candidates = featureCandidates(draft, columns)
  const chosen = new Set(chosenFeatures(draft.features, candidates))
  const wanted = find.trim().toLowerCase()
  const places = new Set(candidates)
  const found = columns.filter(({ name }) => places.has(name) && name.toLowerCase().includes(wanted))
  const forgotten = draft.features.kind === 'only' ? draft.features.names.filter((name) => !places.has(name)).length : 0
  const set = (names: readonly string[], isChosen: boolean) => {
    const after = new Set(chosen)
    for (const name of names) isChosen ? after.add(name) : after.delete(name)
    change({ features: featureChoice(after, candidates) })
  }
  const foundNames = found.map(({ name }) => name)
  const error = errorOf('features')
  return (
    <section className="train-part" aria-labelledby="train-features-title">
      <div className="spread">
        <h2 id="train-features-title">{texts.features.title}</h2>
        <span role="status" className="muted number">
          {texts.features.count(f.integer(chosen.size), f.integer(candidates.length))}
        </span>
      </div>
      <p className="muted small">{texts.features.help}</p>
      <div className="row train-features-tools">
        {columns.length >= searchFrom && (
          <TextInput
            type="search"
            aria-label={texts.features.find}
            placeholder={texts.features.find}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.preventDefault()
            }}
          />
        )}
        <Button variant="default" id={fieldId('features')} onClick={() => set(foundNames, true)}>
          {wanted === '' ? texts.features.all : texts.features.allFound}
        </Button>
        <Button variant="default" onClick={() => set(foundNames, false)}>
          {wanted === '' ? texts.features.none : texts.features.noneFound}
        </Button>
      </div>
      {found.length === 0 ? (
        <p className="muted">{texts.features.nothing(find.trim())}</p>
      ) : (
        <FeatureList
          columns={found.slice(0, shownMax)}
          chosen={chosen}
          profiles={profiles}
          texts={texts}
          onToggle={(name, isChosen) => set([name], isChosen)}
        />
      )}
      {found.length > shownMax && (
        <p className="small muted">{texts.features.shown(f.integer(shownMax), f.integer(found.length))}</p>
      )}
      {forgotten > 0 && <p className="small tone-warning">{texts.features.forgotten(forgotten)}</p>}
      {error !== undefined && (
        <p className="mantine-InputWrapper-error" role="alert">
          {form.problems.features === undefined ? error : texts.features.needed}
        </p>
      )}
    </section>
  )
}

interface FeatureListProps {
  readonly columns: readonly SnapshotColumn[]
  readonly chosen: ReadonlySet<string>
  readonly profiles: ReadonlyMap<string, ColumnProfile>
  readonly texts: TrainTexts
  readonly onToggle: (name: string, isChosen: boolean) => void
}

function FeatureList({ columns, chosen, profiles, texts, onToggle }: FeatureListProps) {
  const { f } = useI18n()
  const note = (name: string): string | undefined => {
    const profile = profiles.get(name)
    if (profile === undefined) return undefined
    const { count, missing, distinct } = profile
    if (missing > 0) return texts.features.missing(f.percent(missing / (count + missing)))
    return distinct <= 1 ? texts.features.constant : undefined
  }
  return (
    <ScrollRegion label={texts.features.list} className="train-features">
      <ul>
        {columns.map(({ name, type }) => (
          <FeatureRow
            key={name}
            name={name}
            type={texts.types[type]}
            note={note(name)}
            isChosen={chosen.has(name)}
            onToggle={onToggle}
          />
        ))}
      </ul>
    </ScrollRegion>
  )
}

interface FeatureRowProps {
  readonly name: string
  readonly type: string
  readonly note: string | undefined
  readonly isChosen: boolean
  readonly onToggle: (name: string, isChosen: boolean) => void
}

function FeatureRow({ name, type, note, isChosen, onToggle }: FeatureRowProps) {
  return (
    <li>
      <label>
        <input type="checkbox" checked={isChosen} onChange={(event) => onToggle(name, event.currentTarget.checked)} />
        <span className="train-feature-name">{name}</span>
        <span className="muted small">{type}</span>
        {note !== undefined && <span className="small tone-warning">{note}</span>}
      </label>
    </li>
  )
}
