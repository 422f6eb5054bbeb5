import type { ModelSignature, PredictRequest } from '@fabrique/contract'
import { Button, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { askedRow } from '../models/load-snippets.js'
import { isFilled, type Row, withoutImages } from './read-inputs.js'

interface TryJsonProps {
  readonly signature: ModelSignature
  readonly row: Row
  readonly isBusy: boolean
  readonly onPredict: (body: PredictRequest) => void
}

/** The values that were typed; the images of the example, as no file is written into a text. */
function withExampleImages(signature: ModelSignature, row: Row) {
  const images = signature.features.flatMap(({ name, type }) =>
    type === 'image' ? [[name, signature.example[name] ?? null] as const] : [],
  )
  return { ...withoutImages(signature, row), ...Object.fromEntries(images) }
}

/** The body of the request, to write freely: several rows, by name or by order. */
export function TryJson({ signature, row, isBusy, onPredict }: TryJsonProps) {
  const { t } = useI18n()
  const [text, setText] = useState(() =>
    JSON.stringify(
      { features: [isFilled(signature, row) ? withExampleImages(signature, row) : askedRow(signature)] },
      null,
      2,
    ),
  )
  const [problem, setProblem] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    try {
      const body = JSON.parse(text) as PredictRequest
      setProblem(undefined)
      onPredict(body)
    } catch (error) {
      setProblem(t.tryOut.invalidJson(error instanceof Error ? error.message : String(error)))
      document.getElementById('request-body')?.focus()
    }
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Textarea
        id="request-body"
        label={t.tryOut.body}
        description={t.tryOut.bodyHelp}
        error={problem}
        value={text}
        rows={14}
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--font-mono)', fontSize: 13 } }}
      />
      <div>
        <Button type="submit" loading={isBusy}>
          {t.tryOut.predict}
        </Button>
      </div>
    </form>
  )
}
