import type { RunColumn as KnownColumn } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type KeyboardEvent, type Ref, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { ApiProblem } from '../../api/api-problem.js'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { accept, isNameSearch, type Suggestion, suggest } from './filter-language.js'
import './filter-bar.css'

interface FilterBarProps {
  /** The filter that is applied, as it was typed. */
  readonly value: string
  readonly known: readonly KnownColumn[]
  /** Why the server refused it. */
  readonly problem: ApiProblem | undefined
  readonly onApply: (filter: string) => void
  readonly ref: Ref<HTMLInputElement>
}

/** One line for the whole filter: it proposes how to go on, and shows what the server says against it. */
export function FilterBar({ value, known, problem, onApply, ref }: FilterBarProps) {
  const { t } = useI18n()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const [caret, setCaret] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const [chosen, setChosen] = useState(-1)
  useEffect(() => setText(value), [value])
  const proposals = useMemo(() => (isOpen ? suggest(text, caret, known) : []), [isOpen, text, caret, known])
  const isListed = isOpen && proposals.length > 0

  const apply = (filter: string) => {
    setOpen(false)
    onApply(filter.trim())
  }
  const take = (proposal: Suggestion) => {
    const next = accept(text, proposal)
    setText(next.filter)
    setCaret(next.caret)
    setChosen(-1)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(next.caret, next.caret)
    })
  }
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') {
      event.preventDefault()
      const proposal = proposals[chosen]
      if (isListed && proposal !== undefined) take(proposal)
      else apply(text)
      return
    }
    if (event.key === 'Escape') {
      if (isOpen) event.preventDefault()
      setOpen(false)
      setChosen(-1)
      return
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    setOpen(true)
    const by = event.key === 'ArrowDown' ? 1 : -1
    const last = proposals.length - 1
    setChosen((before) => (before + by > last ? -1 : before + by < -1 ? last : before + by))
  }
  return (
    <div className="filter-bar">
      <div className="filter-line">
        <Icon name="filter" size={14} />
        <input
          ref={(element) => {
            input.current = element
            if (typeof ref === 'function') ref(element)
            else if (ref !== null && ref !== undefined) ref.current = element
          }}
          id={id}
          className="filter-input"
          role="combobox"
          aria-label={t.runs.filterLabel}
          aria-expanded={isListed}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isListed && chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          placeholder={t.runs.filterPlaceholder}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length)
            setChosen(-1)
            setOpen(true)
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => setOpen(text === '')}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
        />
        {text !== '' && (
          <button
            type="button"
            className="filter-clear"
            aria-label={t.common.clearFilter}
            onClick={() => {
              setText('')
              apply('')
            }}
          >
            <Icon name="cross" size={12} />
          </button>
        )}
        <Button variant="default" onClick={() => apply(text)} disabled={text.trim() === value.trim()}>
          {t.runs.apply}
        </Button>
      </div>
      <div
        id={`${id}-list`}
        className="filter-list"
        role="listbox"
        aria-label={t.runs.filterProposals}
        hidden={!isListed}
      >
        {proposals.map((proposal, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input keeps the focus and chooses with its arrows and Enter
          <div
            key={proposal.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="filter-option"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(proposal)}
          >
            <code>{proposal.text}</code>
            {proposal.detail !== undefined && <span className="muted small">{proposal.detail}</span>}
          </div>
        ))}
      </div>
      {problem !== undefined && (
        <p id={`${id}-problem`} className="filter-problem" role="alert">
          <Icon name="warning" size={14} />
          <span>{problem.message}</span>
        </p>
      )}
      {problem === undefined && isNameSearch(value) && (
        <p className="small muted">{t.runs.filterNames(t.common.quote(value.trim()))}</p>
      )}
    </div>
  )
}
