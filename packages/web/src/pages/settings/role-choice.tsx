import type { UserRole } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'

const roles = ['viewer', 'editor', 'operator', 'admin'] as const satisfies readonly UserRole[]

interface RoleChoiceProps {
  readonly value: UserRole
  readonly isDisabled?: boolean
  readonly onChange: (role: UserRole) => void
}

/** A role, with what it lets one do. */
export function RoleChoice({ value, isDisabled = false, onChange }: RoleChoiceProps) {
  const { t } = useI18n()
  return (
    <NativeSelect
      label={t.access.role}
      description={t.access.roleTexts[value]}
      value={value}
      disabled={isDisabled}
      data={roles.map((role) => ({ value: role, label: t.account.roles[role] }))}
      onChange={({ currentTarget }) => {
        const role = roles.find((known) => known === currentTarget.value)
        if (role !== undefined) onChange(role)
      }}
    />
  )
}
