import { Button, Menu } from '@mantine/core'
import { apiPath } from '../../api/client.js'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface RunsExportProps {
  readonly experimentId: string
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly total: number
}

const kinds = { csv: 'csv', 'csv-fr': 'csvFrench', json: 'json' } as const

/** Every run that matches with every column, streamed by the server: plain links, so that any size works. */
export function RunsExport({ experimentId, filter, orderBy, total }: RunsExportProps) {
  const { t } = useI18n()
  const address = (format: string) =>
    apiPath('exportRuns', {}, { experiment_id: experimentId, filter, order_by: orderBy.join(','), format })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="download" size={14} />}>
          {t.runs.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t.runs.export}>
        {(['csv', 'csv-fr', 'json'] as const).map((format) => (
          <Menu.Item key={format} component="a" href={address(format)} download>
            {t.runs[kinds[format]]}
          </Menu.Item>
        ))}
        <p className="menu-note">{t.runs.exportMatching(total)}</p>
      </Menu.Dropdown>
    </Menu>
  )
}
