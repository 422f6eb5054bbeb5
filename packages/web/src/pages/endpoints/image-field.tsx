import type { Endpoint, FeatureSpec } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type DragEvent, useEffect, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { fieldId } from './feature-field.jsx'
import './image-field.css'

interface ImageFieldProps {
  readonly feature: FeatureSpec
  readonly limits: NonNullable<Endpoint['image_limits']>
  readonly file: File | undefined
  readonly error: string | undefined
  readonly onChange: (file: File | undefined) => void
}

type Refused = 'several' | 'notImage' | 'large'

/** The field of an image: a file that is chosen or dropped, and what it looks like. */
export function ImageField({ feature, limits, file, error, onChange }: ImageFieldProps) {
  const { t, f } = useI18n()
  const words = t.tryOut.image
  const { name, image = {} } = feature
  const id = fieldId(name)
  const [refused, setRefused] = useState<Refused>()
  const [isOver, setOver] = useState(false)
  const choose = (files: FileList | null) => {
    const [first, ...others] = files ?? []
    if (first === undefined) return
    const problem = others.length > 0 ? 'several' : refusalOf(first, limits.bytes_max)
    setRefused(problem)
    if (problem === undefined) onChange(first)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    choose(event.dataTransfer.files)
  }
  const { width, height } = image
  const bounds = words.bounds(f.bytes(limits.bytes_max), f.integer(Math.floor(limits.pixels_max / 1e6)))
  const taken =
    width === undefined || height === undefined ? words.ownSize : words[image.fit ?? 'stretch'](`${width} × ${height}`)
  const problem = refused === undefined ? error : words[refused]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way beside the button
    <div
      className="image-field"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p className="image-field-name" id={`${id}-name`}>
        {name}
      </p>
      <div className="image-field-body">
        {file === undefined ? (
          <div className="image-field-empty">
            <p className="muted">{words.drop}</p>
          </div>
        ) : (
          <Preview key={`${file.name} ${file.lastModified} ${file.size}`} file={file} />
        )}
        <div className="row">
          <input
            id={id}
            type="file"
            accept="image/*"
            className="visually-hidden"
            aria-labelledby={`${id}-name ${id}-choose`}
            aria-describedby={`${id}-told`}
            aria-invalid={problem !== undefined}
            onChange={(event) => {
              choose(event.currentTarget.files)
              // The same file may be chosen again, once it was changed.
              event.currentTarget.value = ''
            }}
          />
          <label htmlFor={id} className="button-link" id={`${id}-choose`}>
            {file === undefined ? words.choose : words.chooseOther}
          </label>
          {file !== undefined && (
            <Button variant="subtle" onClick={() => onChange(undefined)} aria-label={words.removeOf(name)}>
              {words.remove}
            </Button>
          )}
        </div>
      </div>
      <div id={`${id}-told`} className="stack-tight">
        {problem !== undefined && (
          <p className="image-field-error" role="alert">
            {problem}
          </p>
        )}
        <p className="muted small">
          {taken} {bounds}
        </p>
      </div>
    </div>
  )
}

function refusalOf(file: File, bytesMax: number): Refused | undefined {
  // Some systems know no type for rarer formats: the server looks at the file itself.
  if (file.type !== '' && !file.type.startsWith('image/')) return 'notImage'
  return file.size > bytesMax ? 'large' : undefined
}

function Preview({ file }: { readonly file: File }) {
  const { t, f } = useI18n()
  const words = t.tryOut.image
  const [address, setAddress] = useState<string>()
  const [size, setSize] = useState<string>()
  const [isShown, setShown] = useState(true)
  useEffect(() => {
    const made = URL.createObjectURL(file)
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return (
    <figure className="image-field-preview">
      {isShown && address !== undefined && (
        <img
          src={address}
          alt={words.alt(file.name)}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize(`${naturalWidth} × ${naturalHeight}`)}
          onError={() => setShown(false)}
        />
      )}
      <figcaption>
        <span>{file.name}</span>
        <span className="muted">{[size, f.bytes(file.size)].filter((part) => part !== undefined).join(', ')}</span>
        {!isShown && <span className="muted">{words.noPreview}</span>}
      </figcaption>
    </figure>
  )
}
