import type { ModelSignature } from '@fabrique/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { call } from '../../api/client.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface FlagAnswerProps {
  readonly predictionId: string
  readonly target: ModelSignature['target']
}

/** Says that an answer is wrong, and what was right where that is known: feedback for figures, roll-outs and the next training. */
export function FlagAnswer({ predictionId, target }: FlagAnswerProps) {
  const { t } = useI18n()
  const words = t.tryOut.flag
  const titleId = useId()
  const fieldId = useId()
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [wasSent, setSent] = useState(false)
  const isClass = target.classes.length > 0
  const number = parseNumber(text)
  const isWrong = !isClass && text.trim() !== '' && number === undefined
  const flag = useMutation({
    mutationFn: () => {
      const truth = text.trim() === '' ? undefined : isClass ? text : number
      return call('sendFeedback', {
        body: { prediction_id: predictionId, reward: 0, ...(truth === undefined ? {} : { truth }) },
      })
    },
  })
  if (flag.isSuccess) {
    return (
      <p className="row" role="status">
        <Icon name="check" size={14} /> {words.done}
      </p>
    )
  }
  if (!isOpen) {
    return (
      <div>
        <Button variant="default" onClick={() => setOpen(true)}>
          {words.open}
        </Button>
      </div>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent(true)
    if (isWrong) document.getElementById(fieldId)?.focus()
    else flag.mutate()
  }
  const field = {
    id: fieldId,
    label: target.unit === undefined ? words.right(target.name) : words.right(`${target.name} (${target.unit})`),
    description: words.rightHelp,
    value: text,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => setText(event.currentTarget.value),
  }
  return (
    <form className="stack-tight flag-answer" aria-labelledby={titleId} onSubmit={submit} noValidate>
      <h3 id={titleId}>{words.open}</h3>
      {isClass ? (
        <NativeSelect
          {...field}
          data={[{ value: '', label: words.unknown }, ...target.classes.map((name) => ({ value: name, label: name }))]}
          data-autofocus
        />
      ) : (
        <TextInput
          {...field}
          inputMode="decimal"
          autoComplete="off"
          error={wasSent && isWrong ? t.tryOut.notNumber : undefined}
        />
      )}
      {flag.error !== null && <FailurePanel error={flag.error} />}
      <div className="row">
        <Button type="submit" loading={flag.isPending}>
          {words.send}
        </Button>
        <Button variant="subtle" onClick={() => setOpen(false)}>
          {words.cancel}
        </Button>
      </div>
    </form>
  )
}
