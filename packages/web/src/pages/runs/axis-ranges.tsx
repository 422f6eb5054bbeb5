import { ActionIcon, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Icon } from '../../components/icon.jsx'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Brush } from '../../routing/search-lists.js'
import type { ParallelAxis } from './parallel-model.js'

interface AxisRangesProps {
  readonly axes: readonly ParallelAxis[]
  readonly brushes: readonly Brush[]
  readonly onBrush: (brush: Brush) => void
  readonly onLog: (id: string, isLog: boolean) => void
  readonly onMove: (id: string, by: -1 | 1) => void
  readonly onRemove: (id: string) => void
}

/** What the pointer does on the axes, for the keyboard: ranges, order, scale. */
export function AxisRanges({ axes, brushes, onBrush, onLog, onMove, onRemove }: AxisRangesProps) {
  const { t } = useI18n()
  return (
    <ul className="axis-ranges">
      {axes.map((axis, index) => {
        const brush = brushes.find((each) => each.axis === axis.id) ?? { axis: axis.id, min: undefined, max: undefined }
        return (
          <li key={axis.id}>
            <fieldset className="axis-range">
              <legend>{axis.label}</legend>
              {axis.categories === undefined ? (
                <>
                  <EndInput
                    label={t.runs.from(axis.label)}
                    hint={axis.min}
                    value={brush.min}
                    onChange={(min) => onBrush({ ...brush, min })}
                  />
                  <EndInput
                    label={t.runs.to(axis.label)}
                    hint={axis.max}
                    value={brush.max}
                    onChange={(max) => onBrush({ ...brush, max })}
                  />
                </>
              ) : (
                <NativeSelect
                  className="axis-category"
                  aria-label={`${t.runs.category} ${axis.label}`}
                  value={brush.min === undefined ? '' : String(brush.min)}
                  data={[
                    { value: '', label: t.runs.anyCategory },
                    ...axis.categories.map((label, place) => ({ value: String(place), label })),
                  ]}
                  onChange={(event) => {
                    const place = event.currentTarget.value === '' ? undefined : Number(event.currentTarget.value)
                    onBrush({ axis: axis.id, min: place, max: place })
                  }}
                />
              )}
              {axis.categories === undefined && (
                <Checkbox
                  size="xs"
                  label="log"
                  aria-label={t.runs.logAxis(axis.label)}
                  checked={axis.isLog}
                  disabled={!axis.canLog}
                  onChange={(event) => onLog(axis.id, event.currentTarget.checked)}
                />
              )}
              <span className="axis-tools">
                <ActionIcon
                  variant="subtle"
                  size={24}
                  aria-label={t.runs.moveLeft(axis.label)}
                  disabled={index === 0}
                  onClick={() => onMove(axis.id, -1)}
                >
                  <Icon name="left" size={12} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  size={24}
                  aria-label={t.runs.moveRight(axis.label)}
                  disabled={index === axes.length - 1}
                  onClick={() => onMove(axis.id, 1)}
                >
                  <Icon name="right" size={12} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  size={24}
                  aria-label={t.runs.removeAxis(axis.label)}
                  onClick={() => onRemove(axis.id)}
                >
                  <Icon name="cross" size={12} />
                </ActionIcon>
              </span>
            </fieldset>
          </li>
        )
      })}
    </ul>
  )
}

interface EndInputProps {
  readonly label: string
  readonly hint: number
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
}

/** One end of a range; taken with Enter or when left, in the digits of the language. */
function EndInput({ label, hint, value, onChange }: EndInputProps) {
  const { f } = useI18n()
  const shown = value === undefined ? '' : f.exact(value)
  const [text, setText] = useState(shown)
  useEffect(() => setText(shown), [shown])
  const take = () => {
    const next = text.trim() === '' ? undefined : parseNumber(text)
    if (text.trim() !== '' && next === undefined) setText(shown)
    else if (next !== value) onChange(next)
  }
  return (
    <TextInput
      className="axis-end"
      aria-label={label}
      inputMode="decimal"
      placeholder={f.metric(hint)}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take()
      }}
    />
  )
}
