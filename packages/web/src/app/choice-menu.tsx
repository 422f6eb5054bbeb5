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
        {choices.map((choice) => (
          <Menu.Item
            key={choice.value}
            role="menuitemradio"
            aria-checked={choice.value === value}
            lang={choice.lang}
            leftSection={choice.icon === undefined ? undefined : <Icon name={choice.icon} />}
            rightSection={choice.value === value ? <Icon name="check" size={14} /> : <span className="menu-gap" />}
            onClick={() => onChoose(choice.value)}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
