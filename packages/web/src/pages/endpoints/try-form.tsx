import type { Endpoint } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { type FormEvent, lazy, Suspense, useEffect, useState } from 'react'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { FeatureField, fieldId } from './feature-field.jsx'
import type { Files } from './predict-form.js'
import { type Row, readInputs, type Texts, writeInputs } from './read-inputs.js'

/** Most models take no images. */
const ImageField = lazy(async () => ({ default: (await import('./image-field.jsx')).ImageField }))

interface TryFormProps {
  readonly endpoint: Pick<Endpoint, 'signature' | 'image_limits'>
  readonly texts: Texts
  readonly onChange: (texts: Texts) => void
  readonly files: Files
  readonly onFiles: (files: Files) => void
  readonly onPredict: (row: Row) => void
  readonly isBusy: boolean
  /** The field that the server refused, with its message. */
  readonly refused: { readonly name: string; readonly message: string } | undefined
}

/** The form of a model, made from its signature. */
export function TryForm({ endpoint, texts, onChange, files, onFiles, onPredict, isBusy, refused }: TryFormProps) {
  const { signature, image_limits: limits } = endpoint
  const { t, language } = useI18n()
  const [wasSent, setWasSent] = useState(false)
  const clipboard = useClipboard({ timeout: 2000 })
  const { row, problems, outside } = readInputs(signature, texts, files)
  // A link holds no files, and no example says more of an image than its size.
  const hasTexts = signature.features.some(({ type }) => type !== 'image')
  const refusedName = refused?.name
  useEffect(() => {
    if (refusedName !== undefined) document.getElementById(fieldId(refusedName))?.focus()
  }, [refusedName])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setWasSent(true)
    const firstWrong = signature.features.find(({ name }) => problems[name] !== undefined)
    if (firstWrong === undefined) onPredict(row)
    else document.getElementById(fieldId(firstWrong.name))?.focus()
  }
  const errorOf = (name: string) => {
    const problem = wasSent ? problems[name] : undefined
    if (problem !== undefined) return t.tryOut[problem]
    return refused?.name === name ? refused.message : undefined
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <div className="try-fields">
        {signature.features.map((feature) =>
          feature.type === 'image' && limits !== undefined ? (
            <Suspense key={feature.name} fallback={<span />}>
              <ImageField
                feature={feature}
                limits={limits}
                file={files[feature.name]}
                error={errorOf(feature.name)}
                onChange={(file) => {
                  const { [feature.name]: _, ...others } = files
                  onFiles(file === undefined ? others : { ...others, [feature.name]: file })
                }}
              />
            </Suspense>
          ) : (
            <FeatureField
              key={feature.name}
              feature={feature}
              text={texts[feature.name] ?? ''}
              error={errorOf(feature.name)}
              isOutside={outside.has(feature.name)}
              onChange={(text) => onChange({ ...texts, [feature.name]: text })}
            />
          ),
        )}
      </div>
      <div className="row">
        <Button type="submit" loading={isBusy}>
          {t.tryOut.predict}
        </Button>
        {hasTexts && (
          <>
            <Button
              variant="default"
              onClick={() => {
                setWasSent(false)
                onChange(writeInputs(signature, signature.example, language))
              }}
            >
              {t.tryOut.fillExample}
            </Button>
            <Button
              variant="subtle"
              leftSection={<Icon name="link" size={14} />}
              onClick={() => clipboard.copy(location.href)}
            >
              {clipboard.copied ? t.tryOut.linkCopied : t.tryOut.copyLink}
            </Button>
          </>
        )}
      </div>
    </form>
  )
}
