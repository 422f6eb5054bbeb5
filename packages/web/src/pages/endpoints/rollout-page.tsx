import type { RolloutCheck, RolloutDetail } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow, Facts } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { EndRollout, type EndWay } from './end-rollout.jsx'
import { rolloutStates } from './rollout-list.jsx'
import { servingQueries } from './serving-queries.js'
import { ShareBar } from './share-bar.jsx'
import { UndoActions } from './undo-actions.jsx'
import './serving.css'

const route = getRouteApi(patterns.rollout)

/** One roll-out: how requests are shared, what the versions do, and what was decided. */
export function RolloutPage() {
  const { t } = useI18n()
  const { model, rollout } = route.useParams()
  const query = useQuery(servingQueries.rollout(rollout))
  const [asked, setAsked] = useState<EndWay>()
  const words = t.serving.rollouts
  const detail = query.data
  return (
    <Page
      title={detail === undefined ? words.name : words.kinds[detail.kind]}
      crumbs={[
        { label: t.nav.endpoints, to: paths.endpoints() },
        { label: model, to: paths.endpoint({ model }) },
      ]}
      actions={
        detail?.state === 'running' ? (
          <>
            <Button onClick={() => setAsked('promote')}>{words.promote}</Button>
            <Button variant="default" onClick={() => setAsked('roll_back')}>
              {words.rollBack}
            </Button>
            {detail.kind !== 'canary' && (
              <Button variant="default" onClick={() => setAsked('end')}>
                {words.end}
              </Button>
            )}
          </>
        ) : detail === undefined ? undefined : (
          <UndoActions detail={detail} />
        )
      }
    >
      <Load query={query} lines={8}>
        {(found) => <Detail detail={found} />}
      </Load>
      {asked !== undefined && detail !== undefined && (
        <EndRollout rollout={detail} how={asked} onClose={() => setAsked(undefined)} />
      )}
    </Page>
  )
}

function Detail({ detail }: { readonly detail: RolloutDetail }) {
  const { t, f } = useI18n()
  const words = t.serving.rollouts
  const { request, step } = detail
  const steps = request.kind === 'canary' ? request.steps.length : 0
  return (
    <div className="stack">
      <FactRow
        facts={[
          {
            name: words.state,
            value: <StateWord state={rolloutStates[detail.state]}>{words.states[detail.state]}</StateWord>,
          },
          { name: words.began, value: <Moment at={detail.started_at} /> },
          { name: words.by, value: detail.started_by },
          ...(detail.ended_at === undefined ? [] : [{ name: words.ended, value: <Moment at={detail.ended_at} /> }]),
        ]}
      />
      <p className="muted">{words.kindTexts[detail.kind]}</p>
      <section className="stack-tight">
        <h2>{words.shares}</h2>
        {steps > 0 && <p className="muted">{words.step(f.integer(step + 1), f.integer(steps))}</p>}
        <ShareBar rollout={detail} />
      </section>
      <section className="stack-tight">
        <h2>{words.variants}</h2>
        <Variants detail={detail} />
      </section>
      <section className="stack-tight">
        <h2>{words.checks}</h2>
        {detail.checks.length === 0 ? <p className="muted">{words.noChecks}</p> : <Checks checks={detail.checks} />}
      </section>
      {detail.shadow !== undefined && <Shadow shadow={detail.shadow} />}
      <section className="stack-tight">
        <h2>{words.log}</h2>
        <DataTable
          label={words.log}
          rows={detail.log}
          rowKey={({ at, what }) => `${at} ${what}`}
          columns={[
            { id: 'when', header: words.when, render: ({ at }) => <Moment at={at} /> },
            { id: 'what', header: words.what, render: ({ what }) => words.entries[what] },
            { id: 'why', header: words.why, isWide: true, render: ({ reason }) => (reason === '' ? '–' : reason) },
            { id: 'who', header: words.who, render: ({ actor }) => actor },
          ]}
        />
      </section>
    </div>
  )
}

function Variants({
  detail: { model, variants, figures, chances_of_best: chances },
}: {
  readonly detail: RolloutDetail
}) {
  const { t, f } = useI18n()
  const words = t.serving
  const rows = variants.map((variant, place) => ({ ...variant, figures: figures[place], chance: chances?.[place] }))
  return (
    <DataTable
      label={words.rollouts.variants}
      rows={rows}
      rowKey={({ name }) => name}
      columns={[
        { id: 'name', header: words.rollouts.variant, render: ({ name }) => name },
        {
          id: 'version',
          header: t.endpoints.version,
          render: ({ version }) => (
            <AppLink to={paths.modelVersion({ model, version })} aria-label={t.common.version(version)}>
              {version}
            </AppLink>
          ),
        },
        { id: 'share', header: words.share, isNumber: true, render: ({ share }) => f.percent(share) },
        {
          id: 'answered',
          header: words.answered,
          isNumber: true,
          render: ({ figures: one }) => f.integer(one?.answered ?? 0),
        },
        {
          id: 'failed',
          header: words.failed,
          isNumber: true,
          render: ({ figures: one }) => f.integer(one?.failed ?? 0),
        },
        {
          id: 'p95',
          header: 'p95',
          isNumber: true,
          render: ({ figures: one }) => (one?.p95_ms === undefined ? '–' : f.duration(one.p95_ms)),
        },
        {
          id: 'reward',
          header: words.reward,
          isNumber: true,
          render: ({ figures: one }) =>
            one?.reward_mean === undefined
              ? '–'
              : `${f.metric(one.reward_mean)} ${words.rewards(f.integer(one.rewards))}`,
        },
        ...(chances === undefined
          ? []
          : [
              {
                id: 'best',
                header: words.rollouts.best,
                isNumber: true,
                render: ({ chance }: { readonly chance: number | undefined }) =>
                  chance === undefined ? '–' : f.percent(chance),
              },
            ]),
      ]}
    />
  )
}

const checkStates: Readonly<Record<RolloutCheck['state'], StateName>> = {
  holds: 'passed',
  violated: 'failed',
  unknown: 'waiting',
}

function Checks({ checks }: { readonly checks: readonly RolloutCheck[] }) {
  const { t, f } = useI18n()
  const words = t.serving.rollouts
  const isCount = ({ check }: RolloutCheck) => check === 'requests' || check === 'time'
  const shown = (check: RolloutCheck, value: number | undefined) =>
    value === undefined ? '–' : isCount(check) ? f.integer(value) : f.metric(value)
  return (
    <DataTable
      label={words.checks}
      rows={checks}
      rowKey={({ check }) => check}
      isMarked={({ state }) => state === 'violated'}
      columns={[
        { id: 'check', header: words.check, render: ({ check }) => words.checkNames[check] },
        {
          id: 'state',
          header: words.state,
          render: ({ state }) => <StateWord state={checkStates[state]}>{words.checkStates[state]}</StateWord>,
        },
        { id: 'found', header: words.found, isNumber: true, render: (check) => shown(check, check.value) },
        { id: 'bound', header: words.bound, isNumber: true, render: (check) => shown(check, check.limit) },
      ]}
    />
  )
}

function Shadow({ shadow }: { readonly shadow: NonNullable<RolloutDetail['shadow']> }) {
  const { t, f } = useI18n()
  const words = t.serving.rollouts
  const predictionOf = (answer: unknown) =>
    typeof answer === 'object' && answer !== null && 'prediction' in answer ? String(answer.prediction) : '–'
  return (
    <section className="stack-tight">
      <h2>{words.shadow}</h2>
      <Facts
        facts={[
          { name: words.compared, value: f.integer(shadow.compared) },
          {
            name: words.equal,
            value:
              shadow.compared === 0 ? '–' : `${f.integer(shadow.equal)} (${f.percent(shadow.equal / shadow.compared)})`,
          },
          ...(shadow.mean_difference === undefined
            ? []
            : [{ name: words.meanDifference, value: f.metric(shadow.mean_difference) }]),
          ...(shadow.largest_difference === undefined
            ? []
            : [{ name: words.largestDifference, value: f.metric(shadow.largest_difference) }]),
          { name: words.shadowFailed, value: f.integer(shadow.failed) },
          { name: words.leftOut, value: f.integer(shadow.left_out) },
        ]}
      />
      {shadow.examples.length > 0 && (
        <>
          <h3>{words.examples}</h3>
          <DataTable
            label={words.examples}
            rows={shadow.examples}
            rowKey={({ request_id, at }) => `${request_id} ${at}`}
            columns={[
              { id: 'at', header: words.when, render: ({ at }) => <Moment at={at} /> },
              { id: 'base', header: words.base, render: ({ base }) => predictionOf(base) },
              { id: 'candidate', header: words.candidate, render: ({ candidate }) => predictionOf(candidate) },
            ]}
          />
        </>
      )}
    </section>
  )
}
