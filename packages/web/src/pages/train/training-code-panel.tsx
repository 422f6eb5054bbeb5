import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { Snippet } from '../../components/snippet.jsx'
import { useTrainTexts } from './train-texts.js'
import { cliOf, curlOf } from './training-code.js'
import { featureCandidates } from './training-request.js'
import { type ModelPlace, typescriptOf } from './training-typescript.js'
import type { TrainForm } from './use-train-form.js'

const languages = ['typescript', 'cli', 'curl'] as const
type CodeLanguage = (typeof languages)[number]
const names: Readonly<Record<CodeLanguage, string>> = { typescript: 'TypeScript', cli: 'CLI', curl: 'curl' }

function modelPlace({ draft, dataset, snapshot }: TrainForm): ModelPlace {
  return {
    dataset: draft.dataset,
    isDeclared: dataset?.is_declared === true,
    features: featureCandidates(draft, snapshot?.columns ?? []),
  }
}

/** The form as code to copy. */
export function TrainingCode({ form }: { readonly form: TrainForm }) {
  const { code: words } = useTrainTexts()
  const [language, setLanguage] = useState<CodeLanguage>('typescript')
  const { request, project, draft } = form
  const place = { project, dataset: draft.dataset, origin: location.origin }
  return (
    <section className="stack-tight" aria-labelledby="train-code-title">
      <h2 id="train-code-title">{words.title}</h2>
      <div className="row">
        <SegmentedControl
          aria-label={words.label}
          value={language}
          data={languages.map((value) => ({ value: `${value}`, label: names[value] }))}
          onChange={(value) => setLanguage(languages.find((one) => one === value) ?? 'typescript')}
        />
      </div>
      {request === undefined ? (
        <p className="muted">{words.notComplete}</p>
      ) : (
        <Snippet
          hideTitle
          title={names[language]}
          code={{
            typescript: () => typescriptOf(request, modelPlace(form), words),
            cli: () => cliOf(request, place, words),
            curl: () => curlOf(request, place),
          }[language]()}
        />
      )}
    </section>
  )
}
