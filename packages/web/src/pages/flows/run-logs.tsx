import type { FlowLogLine } from '@fabrique/contract'
import { Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { apiPath } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { logLevels } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import type { Steps } from './flow-queries.js'
import { chosenLines, withoutAnsi } from './run-log.js'
import type { useRunLive } from './use-run-live.js'

const route = getRouteApi(patterns.flowRun)
const lineHeightPx = 24
/** The edges of the frame around the lines. */
const frameEdgesPx = 2
/** As close to the end as counts as the end, in pixels. */
const endPx = 24

interface RunLogsProps {
  readonly live: ReturnType<typeof useRunLive>
  readonly steps: Steps
  readonly isOpen: boolean
}

/** What a run logged; new lines are followed while the end is in sight. */
export function RunLogs({ live, steps, isOpen }: RunLogsProps) {
  const { t, f } = useI18n()
  const { level, step, find = '', line } = route.useSearch()
  const [showsTimes, setShowsTimes] = useState(true)
  const { log, isLoaded, error, reload } = live
  const lines = useMemo(() => chosenLines(log.lines, { level, step, find }), [log.lines, level, step, find])
  if (error !== undefined) return <FailurePanel error={error} onRetry={reload} />
  return (
    <div className="stack">
      <LogFilter steps={steps} log={log.lines} showsTimes={showsTimes} onShowTimes={setShowsTimes} />
      <p className="small muted" role="status">
        {lines.length < log.lines.length
          ? t.common.showingOf(f.integer(lines.length), f.integer(log.lines.length))
          : t.flows.logs.count(log.lines.length)}
        {log.letGo > 0 && ` · ${t.flows.logs.letGo(log.letGo)}`}
        {log.dropped > 0 && ` · ${t.flows.logs.dropped(log.dropped)}`}
      </p>
      {!isLoaded && log.lines.length === 0 ? (
        <SkeletonLines lines={8} />
      ) : lines.length === 0 ? (
        <p className="muted">
          {log.lines.length > 0 ? t.flows.noMatch : isOpen ? t.flows.logs.noneYet : t.flows.logs.none}
        </p>
      ) : (
        <LogLines
          lines={lines}
          meant={line === undefined ? undefined : Number(line)}
          isOpen={isOpen}
          isLoaded={isLoaded}
          showsTimes={showsTimes}
        />
      )}
    </div>
  )
}

interface LogFilterProps {
  readonly steps: Steps
  readonly log: readonly FlowLogLine[]
  readonly showsTimes: boolean
  readonly onShowTimes: (shows: boolean) => void
}

function LogFilter({ steps, log, showsTimes, onShowTimes }: LogFilterProps) {
  const { t } = useI18n()
  const { run } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const words = t.flows.logs
  const set = (change: Readonly<Record<string, string | undefined>>) =>
    changeSearch({ ...search, line: undefined, ...change })
  // Items of maps have lines too, and are not among the steps.
  const names = new Set([...steps.items.map(({ name }) => name), ...log.flatMap(({ step }) => step ?? [])])
  if (search.step !== undefined) names.add(search.step)
  return (
    <div className="flow-filter">
      <TextInput
        label={words.find}
        leftSection={<Icon name="search" size={14} />}
        value={search.find ?? ''}
        onChange={(event) => set({ find: event.currentTarget.value })}
      />
      <NativeSelect
        label={t.flows.steps.step}
        value={search.step ?? ''}
        data={[{ value: '', label: t.flows.runs.any }, ...[...names].map((name) => ({ value: name, label: name }))]}
        onChange={(event) => set({ step: event.currentTarget.value })}
      />
      <div className="log-levels">
        <SegmentedControl
          aria-label={words.level}
          value={search.level ?? 'debug'}
          data={logLevels.map((value) => ({ value: `${value}`, label: words.levels[value] }))}
          onChange={(level) => set({ level: level === 'debug' ? undefined : level })}
        />
      </div>
      <Checkbox
        label={words.times}
        checked={showsTimes}
        onChange={(event) => onShowTimes(event.currentTarget.checked)}
      />
      <a className="button-link" href={apiPath('downloadFlowLogs', { flow_run: run })} download={`${run}.txt`}>
        {t.common.download}
      </a>
    </div>
  )
}

interface LogLinesProps {
  readonly lines: readonly FlowLogLine[]
  /** The line that the address means. */
  readonly meant: number | undefined
  readonly isOpen: boolean
  readonly isLoaded: boolean
  readonly showsTimes: boolean
}

function LogLines({ lines, meant, isOpen, isLoaded, showsTimes }: LogLinesProps) {
  const { t } = useI18n()
  const scroll = useRef<HTMLElement>(null)
  const [isFollowing, setFollowing] = useState(meant === undefined && isOpen)
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => lineHeightPx,
    overscan: 20,
    getItemKey: (index) => lines[index]?.position ?? index,
  })
  const last = lines.at(-1)?.position
  const height = virtualizer.getTotalSize()
  /** Where the view was put last; it stands higher where somebody has scrolled up, also before that is told. */
  const putAt = useRef(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line, or the measured height of one, is what moves the view
  useEffect(() => {
    const element = scroll.current
    if (element === null || !isFollowing) return
    if (isAbove(element, putAt.current)) {
      setFollowing(false)
      return
    }
    element.scrollTop = element.scrollHeight
    putAt.current = element.scrollTop
  }, [isFollowing, last, height])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the meant line is shown once, when it is there
  useEffect(() => {
    const index = lines.findIndex(({ position }) => position === meant)
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'center' })
  }, [meant, isLoaded])
  useEffect(() => {
    const element = scroll.current
    if (element === null) return undefined
    // Who scrolls up reads: new lines then come without moving what is read. Lines that came since the view was put are not above it.
    const onScroll = () => {
      if (!isAbove(element, element.scrollHeight)) setFollowing(isOpen)
      else if (isAbove(element, putAt.current)) setFollowing(false)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [isOpen])
  const seen = virtualizer.getVirtualItems()
  return (
    <div className="log-frame">
      <ScrollRegion
        label={t.flows.runTabs.logs}
        className="log-region"
        style={{ maxHeight: height + frameEdgesPx }}
        ref={scroll}
      >
        <ol className="log-lines" style={{ height }}>
          {seen.map(({ index, start, key }) => {
            const line = lines[index]
            return line === undefined ? null : (
              <li
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className="log-line"
                data-level={line.level}
                data-meant={line.position === meant || undefined}
                style={{ transform: `translateY(${start}px)` }}
              >
                <Line line={line} showsTime={showsTimes} />
              </li>
            )
          })}
        </ol>
      </ScrollRegion>
      {isOpen && !isFollowing && (
        <Button
          className="log-jump"
          leftSection={<Icon name="down" size={14} />}
          onClick={() => {
            putAt.current = 0
            setFollowing(true)
          }}
        >
          {t.flows.logs.latest}
        </Button>
      )}
    </div>
  )
}

/** Whether a view stands higher than a place, or than its end where that is higher. */
function isAbove({ scrollTop, scrollHeight, clientHeight }: HTMLElement, place: number): boolean {
  return scrollTop <= Math.min(place, scrollHeight - clientHeight) - endPx
}

function Line({ line, showsTime }: { readonly line: FlowLogLine; readonly showsTime: boolean }) {
  const { t, f } = useI18n()
  const params = route.useParams()
  const search = route.useSearch()
  const { position, at, level, step, stream, text } = line
  return (
    <>
      <AppLink
        to={paths.flowRun(params)}
        search={{ ...search, line: String(position) }}
        className="log-number"
        aria-label={t.flows.logs.lineOf(position)}
      >
        {String(position)}
      </AppLink>
      {showsTime && (
        <time dateTime={at} title={f.momentUtc(at)} className="log-time">
          {f.time(at)}
        </time>
      )}
      <span className="log-level" data-level={level}>
        {stream === 'stderr' ? 'stderr' : t.flows.logs.levels[level]}
      </span>
      {step !== undefined && <span className="log-step">{step}</span>}
      <span className="log-text">{withoutAnsi(text)}</span>
    </>
  )
}
