import type { ColumnProfile, Dataset, Json, Snapshot } from '@fabrique/contract'
import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { Histogram, TopValues } from './histogram.jsx'
import { showRounded, showValue } from './show-value.js'

interface ProfileSearch {
  readonly column?: string | undefined
  readonly find?: string | undefined
}

interface ProfileTableProps {
  readonly snapshot: Snapshot
  readonly dataset: Dataset
  readonly search: ProfileSearch
}

/** Each column of a snapshot with its figures; the one that is chosen is shown in full above. */
export function ProfileTable({ snapshot, dataset, search }: ProfileTableProps) {
  const { t, f } = useI18n()
  const query = useQuery(queries.profile(snapshot.id))
  const changeSearch = useSearchChange()
  const address = paths.snapshot({ project: snapshot.project, dataset: snapshot.dataset, snapshot: snapshot.id })
  const declared = new Map(snapshot.columns.map((column) => [column.name, column]))
  return (
    <Load query={query} lines={10}>
      {({ columns, duplicate_rows }) => {
        const wanted = search.find?.toLowerCase()
        const shown = wanted === undefined ? columns : columns.filter(({ name }) => name.toLowerCase().includes(wanted))
        const chosen = columns.find(({ name }) => name === search.column)
        return (
          <div className="stack">
            <div className="profile-controls">
              <TextInput
                label={t.snapshot.findColumn}
                value={search.find ?? ''}
                leftSection={<Icon name="search" size={14} />}
                onChange={(event) => changeSearch({ ...search, tab: 'profile', find: event.currentTarget.value })}
              />
              <p className="muted">
                {t.common.showingOf(f.integer(shown.length), f.integer(columns.length))}
                {duplicate_rows === undefined || duplicate_rows === 0
                  ? ''
                  : ` · ${t.snapshot.duplicates(f.integer(duplicate_rows))}`}
              </p>
            </div>
            {chosen !== undefined && (
              <ColumnDetail profile={chosen} description={dataset.columns[chosen.name]?.description} />
            )}
            <DataTable
              label={t.snapshot.tabs.profile}
              rows={shown}
              rowKey={({ name }) => name}
              isChosen={({ name }) => name === search.column}
              columns={[
                {
                  id: 'column',
                  header: t.datasets.column,
                  render: ({ name, type }) => (
                    <div className="profile-name">
                      <AppLink
                        to={address}
                        search={{
                          tab: 'profile',
                          find: search.find,
                          column: name === search.column ? undefined : name,
                        }}
                      >
                        <code>{name}</code>
                      </AppLink>
                      <span className="small muted">
                        {t.datasets.columnTypes[type]}
                        {declared.get(name)?.unit === undefined ? '' : `, ${declared.get(name)?.unit}`}
                        {declared.get(name)?.declared === true ? '' : ` · ${t.datasets.inferred.toLowerCase()}`}
                      </span>
                    </div>
                  ),
                },
                { id: 'spread', header: t.snapshot.distribution, render: (profile) => <Histogram profile={profile} /> },
                {
                  id: 'missing',
                  header: t.snapshot.missing,
                  isNumber: true,
                  render: ({ missing, count }) => <Missing missing={missing} total={missing + count} />,
                },
                {
                  id: 'distinct',
                  header: t.snapshot.distinct,
                  isNumber: true,
                  render: ({ distinct, distinct_is_exact }) =>
                    distinct_is_exact ? f.integer(distinct) : t.snapshot.about(f.integer(distinct)),
                },
                {
                  id: 'mean',
                  header: t.snapshot.mean,
                  isNumber: true,
                  render: ({ mean }) => (mean === undefined ? '–' : showRounded(mean, f)),
                },
                {
                  id: 'range',
                  header: t.snapshot.range,
                  isNumber: true,
                  render: (profile) => <Range profile={profile} />,
                },
              ]}
            />
          </div>
        )
      }}
    </Load>
  )
}

function Missing({ missing, total }: { readonly missing: number; readonly total: number }) {
  const { f } = useI18n()
  if (missing === 0) return <span className="muted">0</span>
  return (
    <span className="tone-warning" title={f.integer(missing)}>
      {f.percent(total === 0 ? 0 : missing / total)}
    </span>
  )
}

function Range({ profile: { min, max, length } }: { readonly profile: ColumnProfile }) {
  const { t, f } = useI18n()
  if (length !== undefined) return t.snapshot.lengths(length.min, length.max, f.integer)
  if (min === undefined || max === undefined || min === null || max === null) return '–'
  return `${showRounded(min, f)} – ${showRounded(max, f)}`
}

/** A figure, rounded; in full on hover. */
function Figure({ value }: { readonly value: Json | undefined }) {
  const { f } = useI18n()
  if (value === undefined || value === null) return '–'
  return <span title={showValue(value, f)}>{showRounded(value, f)}</span>
}

/** All figures of one column. */
function ColumnDetail({
  profile,
  description,
}: {
  readonly profile: ColumnProfile
  readonly description: string | undefined
}) {
  const { t, f } = useI18n()
  const number = (value: Json | undefined) => <Figure value={value} />
  return (
    <section className="column-detail" aria-label={profile.name}>
      <header>
        <h2>
          <code>{profile.name}</code>
        </h2>
        {description !== undefined && <p className="muted">{description}</p>}
      </header>
      <div className="column-detail-body">
        <Histogram profile={profile} size="large" />
        {profile.top !== undefined && profile.histogram !== undefined && profile.top.length > 0 && (
          <div>
            <h3>{t.snapshot.topValues}</h3>
            <TopValues profile={profile} limit={10} />
          </div>
        )}
      </div>
      <FactRow
        facts={[
          { name: t.snapshot.values, value: f.integer(profile.count) },
          { name: t.snapshot.missing, value: f.integer(profile.missing) },
          {
            name: t.snapshot.distinct,
            value: profile.distinct_is_exact
              ? f.integer(profile.distinct)
              : t.snapshot.about(f.integer(profile.distinct)),
          },
          ...(profile.mean === undefined
            ? []
            : [
                { name: t.snapshot.mean, value: number(profile.mean) },
                { name: t.snapshot.std, value: number(profile.std) },
              ]),
          ...(profile.min === undefined ? [] : [{ name: t.snapshot.min, value: number(profile.min) }]),
          ...(profile.quantiles ?? []).map(({ q, value }) => ({
            name: q === 0.5 ? t.snapshot.median : t.snapshot.quantile(f.percent(q)),
            value: number(value),
          })),
          ...(profile.max === undefined ? [] : [{ name: t.snapshot.max, value: number(profile.max) }]),
          ...(profile.length === undefined
            ? []
            : [
                {
                  name: t.snapshot.length,
                  value: t.snapshot.lengthsMean(
                    f.integer(profile.length.min),
                    f.integer(profile.length.max),
                    f.decimal(profile.length.mean),
                  ),
                },
              ]),
          ...(profile.zeros === undefined ? [] : [{ name: t.snapshot.zeros, value: f.integer(profile.zeros) }]),
          ...(profile.negatives === undefined
            ? []
            : [{ name: t.snapshot.negatives, value: f.integer(profile.negatives) }]),
        ]}
      />
    </section>
  )
}
