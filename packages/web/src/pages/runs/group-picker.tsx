import type { RunColumn as KnownColumn } from '@fabrique/contract'
import { Button, NativeSelect, Popover } from '@mantine/core'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { columnOf } from './run-columns.js'

export const groupColumnsMax = 3

interface GroupPickerProps {
  readonly known: readonly KnownColumn[]
  readonly group: readonly string[]
  readonly onChange: (group: readonly string[]) => void
}

/** Chooses up to three columns to group the runs by. */
export function GroupPicker({ known, group, onChange }: GroupPickerProps) {
  const { t } = useI18n()
  const label = (id: string) => columnOf(id, { known, t })?.label ?? id
  const free = (ids: readonly string[]) => ids.filter((id) => !group.includes(id))
  const options = (kind: 'param' | 'tag') =>
    free(known.filter((column) => column.kind === kind).map(({ key }) => `${kind}s.${key}`)).map((value) => ({
      value,
      label: label(value),
    }))
  const general = free(['status', 'user']).map((value) => ({ value, label: label(value) }))
  return (
    <Popover position="bottom-end" width={280} trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="group" size={14} />}>
          {group.length === 0 ? t.runs.groupBy : `${t.runs.groupBy} ${group.map(label).join(', ')}`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.runs.groupBy}>
        <div className="stack-tight">
          {group.map((id) => (
            <Button
              key={id}
              variant="default"
              rightSection={<Icon name="cross" size={12} />}
              aria-label={t.runs.ungroup(label(id))}
              onClick={() => onChange(group.filter((other) => other !== id))}
            >
              {label(id)}
            </Button>
          ))}
          {group.length < groupColumnsMax && (
            <NativeSelect
              label={t.runs.groupColumn}
              value=""
              data={[
                { value: '', label: '' },
                { group: t.runs.fixedColumns, items: general },
                { group: t.runs.params, items: options('param') },
                { group: t.runs.tags, items: options('tag') },
              ].filter((entry) => !('items' in entry) || entry.items.length > 0)}
              onChange={(event) => {
                if (event.currentTarget.value !== '') onChange([...group, event.currentTarget.value])
              }}
              data-autofocus
            />
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
