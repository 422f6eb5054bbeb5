import { Checkbox, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import './access.css'

/** From how many on they can be searched. */
const searchedFrom = 10

interface ModelGrantsProps {
  /** Null for all. */
  readonly value: readonly string[] | null
  /** The only ones to choose from; null for all. */
  readonly among?: readonly string[] | null
  readonly onChange: (value: readonly string[] | null) => void
}

/** The models to predict with and to change: all, or those that are chosen. */
export function ModelGrants({ value, among = null, onChange }: ModelGrantsProps) {
  const { t } = useI18n()
  const models = useQuery(queries.models()).data?.items ?? []
  // A grant may name a model that is still to come, or gone.
  const names = [...new Set([...(among ?? models.map(({ name }) => name)), ...(value ?? [])])].sort()
  return (
    <CheckList
      label={t.access.models}
      help={t.access.modelsHelp}
      allLabel={t.access.allModels}
      find={t.access.findModel}
      none={t.access.noModels}
      names={names}
      value={value}
      onChange={onChange}
    />
  )
}

interface CheckListProps<Name extends string> {
  readonly label: string
  readonly help: string
  readonly allLabel: string
  readonly find: string
  readonly none: string
  readonly names: readonly Name[]
  readonly value: readonly Name[] | null
  readonly onChange: (value: readonly Name[] | null) => void
}

/** All of something, or some of it. */
export function CheckList<Name extends string>(props: CheckListProps<Name>) {
  const { label, help, allLabel, find, none, names, value, onChange } = props
  const [sought, setSought] = useState('')
  const shown = names.filter((name) => name.toLowerCase().includes(sought.trim().toLowerCase()))
  const change = (name: Name, isChosen: boolean) =>
    onChange(isChosen ? [...(value ?? []), name] : (value ?? []).filter((other) => other !== name))
  return (
    <fieldset className="check-list">
      <legend>{label}</legend>
      <p className="small muted">{help}</p>
      <Checkbox
        label={allLabel}
        checked={value === null}
        onChange={({ currentTarget: { checked } }) => onChange(checked ? null : [])}
      />
      {value !== null && names.length >= searchedFrom && (
        <TextInput
          aria-label={find}
          placeholder={find}
          value={sought}
          onChange={({ currentTarget }) => setSought(currentTarget.value)}
        />
      )}
      {value !== null && names.length === 0 && <p className="muted">{none}</p>}
      {value !== null && names.length > 0 && (
        <ul className="check-list-items">
          {shown.map((name) => (
            <li key={name}>
              <Checkbox
                label={<span className="mono">{name}</span>}
                checked={value.includes(name)}
                onChange={({ currentTarget: { checked } }) => change(name, checked)}
              />
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  )
}
