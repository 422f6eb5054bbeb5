import type { FeatureLookup } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Texts } from './read-inputs.js'

interface TryByKeyProps {
  readonly lookup: FeatureLookup
  readonly texts: Texts
  readonly onChange: (texts: Texts) => void
  readonly isBusy: boolean
  readonly onPredict: () => void
}

/** Asks by the keys of an entity; the server looks its features up. Numbers are taken as texts too. */
export function TryByKey({ lookup, texts, onChange, isBusy, onPredict }: TryByKeyProps) {
  const { t } = useI18n()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onPredict()
  }
  return (
    <form className="stack" onSubmit={submit} noValidate aria-labelledby="try-by-key">
      <h2 id="try-by-key">{t.tryOut.byKey}</h2>
      <p className="muted">{t.tryOut.byKeyHelp(`${lookup.service}@${lookup.service_version}`)}</p>
      <div className="try-fields">
        {lookup.keys.map((key) => (
          <TextInput
            key={key}
            label={key}
            value={texts[key] ?? ''}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ ...texts, [key]: event.currentTarget.value })}
          />
        ))}
      </div>
      <div className="row">
        <Button type="submit" loading={isBusy}>
          {t.tryOut.predictByKey}
        </Button>
      </div>
    </form>
  )
}
