import type { Dataset, Json } from '@fabrique/contract'
import { expectationSentence } from '@fabrique/contract/texts'
import { Button, Checkbox, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { validationQueries } from './validation-queries.js'

/** Expectations that fit the newest snapshot; those that are chosen become a suite. */
export function ProposedSuite({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: string }) {
  const { t } = useI18n()
  const [isOpen, setOpen] = useState(false)
  return (
    <section className="proposal">
      <h2>{t.validation.proposed}</h2>
      <p className="muted">{t.validation.proposedText}</p>
      {isOpen ? (
        <Choices dataset={dataset} snapshot={snapshot} />
      ) : (
        <div>
          <Button variant="default" onClick={() => setOpen(true)}>
            {t.validation.propose}
          </Button>
        </div>
      )}
    </section>
  )
}

function Choices({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: string }) {
  const { t, language } = useI18n()
  const { project, name } = dataset
  const query = useQuery(validationQueries.proposedSuite(snapshot))
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set())
  const [suite, setSuite] = useState('starter')
  const keep = useChange(
    (expectations: readonly Readonly<Record<string, Json>>[]) =>
      call('putSuite', {
        params: { project, dataset: name, suite },
        body: { expectations: expectations.map((one) => ({ ...one })), reason: '' },
      }),
    ['validations', 'datasets'],
  )
  const toggle = (place: number) => {
    const next = new Set(left)
    if (!next.delete(place)) next.add(place)
    setLeft(next)
  }
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        const rows = items.map((item, place) => ({ ...item, place }))
        const chosen = rows.filter(({ place }) => !left.has(place))
        return (
          <div className="stack">
            <DataTable
              label={t.validation.proposed}
              rows={rows}
              rowKey={({ place }) => String(place)}
              columns={[
                {
                  id: 'choose',
                  header: t.trash.choose,
                  isNarrow: true,
                  hidesHeader: true,
                  render: ({ place, expectation }) => (
                    <Checkbox
                      aria-label={t.trash.chooseOf(expectationSentence(expectation, language))}
                      checked={!left.has(place)}
                      onChange={() => toggle(place)}
                    />
                  ),
                },
                {
                  id: 'check',
                  header: t.datasets.check,
                  isWide: true,
                  render: ({ expectation }) => expectationSentence(expectation, language),
                },
                { id: 'why', header: t.validation.why, isWide: true, render: ({ why }) => why },
              ]}
            />
            <div className="profile-controls">
              <TextInput
                label={t.validation.suiteName}
                value={suite}
                onChange={(event) => setSuite(event.currentTarget.value)}
              />
              <Button
                disabled={chosen.length === 0 || suite.trim() === ''}
                loading={keep.isPending}
                onClick={() => keep.mutate(chosen.map(({ expectation }) => expectation as never))}
              >
                {t.validation.keepSuite(chosen.length)}
              </Button>
            </div>
            {keep.isSuccess && <p className="tone-ok">{t.validation.kept(suite)}</p>}
            {keep.error !== null && <FailurePanel error={keep.error} onRetry={() => keep.reset()} />}
          </div>
        )
      }}
    </Load>
  )
}
