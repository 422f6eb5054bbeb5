import { Button, Menu } from '@mantine/core'
import { Icon, type IconName } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'

interface ChoiceMenuProps<Value extends string> {
  readonly label: string
  readonly icon?: IconName
  /** What the button shows; without it, only the icon. */
  readonly shown?: string
  readonly value: Value | undefined
  readonly choices: readonly {
    readonly value: Value
    readonly label: string
    readonly lang?: string
    readonly icon?: IconName
  }[]
  readonly onChoose: (value: Value) => void
}

/** A button that shows the choice made and opens the others. */
export function ChoiceMenu<Value extends string>({
  label,
  icon,
  shown,
  value,
  choices,
  onChoose,
}: ChoiceMenuProps<Value>) {
  const { t } = useI18n()
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          className="bar-button"
          aria-label={shown === undefined ? label : t.common.labelled(label, shown)}
          leftSection={icon === undefined ? undefined : <Icon name={icon} />}
          rightSection={shown === undefined ? undefined : <Icon name="down" size={12} />}
          data-icon-only={shown === undefined || undefined}
        >
          {shown}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>
        <Menu.RadioGroup value={value ?? null} onChange={(chosen) => onChoose(chosen as Value)}>
          {choices.map((choice) => (
            <Menu.RadioItem
              key={choice.value}
              value={choice.value}
              closeMenuOnClick
              lang={choice.lang}
              rightSection={choice.icon === undefined ? undefined : <Icon name={choice.icon} />}
            >
              {choice.label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  )
}
