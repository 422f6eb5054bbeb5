import type { FeatureSpec } from '@fabrique/contract'
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { useEffect, useMemo, useState } from 'react'
import { Icon } from '../../components/icon.jsx'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { answersOf, type Contributions, notableRows, rowOutput } from './explain-figures.js'
import { useExplainTexts } from './explain-texts.js'
import { WaterfallTable } from './waterfall.jsx'

interface RowExplorerProps {
  readonly contributions: Contributions
  readonly features: readonly FeatureSpec[]
  readonly target: string
  /** Counted from 0. */
  readonly row: number
  readonly onRow: (row: number) => void
}

/** One of the rows that were taken apart, chosen by number or by its answer. */
export function RowExplorer({ contributions, features, target, row, onRow }: RowExplorerProps) {
  const { f } = useI18n()
  const words = useExplainTexts().rows
  const answers = useMemo(() => answersOf(contributions), [contributions])
  const notable = useMemo(() => notableRows(answers), [answers])
  const [text, setText] = useState(String(row + 1))
  useEffect(() => setText(String(row + 1)), [row])
  const isWrong = rowOf(text, answers.length) === undefined
  const type = (next: string) => {
    setText(next)
    const found = rowOf(next, answers.length)
    if (found !== undefined) onRow(found)
  }
  return (
    <section className="stack-tight" aria-labelledby="explain-row">
      <h3 id="explain-row">{words.title}</h3>
      <div className="row explain-rows">
        <ActionIcon
          variant="default"
          aria-label={words.previous}
          disabled={row <= 0}
          onClick={() => onRow(Math.max(row - 1, 0))}
        >
          <Icon name="left" />
        </ActionIcon>
        <TextInput
          aria-label={`${words.row}. ${words.help}`}
          inputMode="numeric"
          value={text}
          error={isWrong ? words.wrong(f.integer(answers.length)) : undefined}
          leftSection={<span className="small muted">{words.row}</span>}
          leftSectionWidth={56}
          rightSection={<span className="small muted nowrap">{words.of(f.integer(answers.length))}</span>}
          rightSectionWidth={84}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <ActionIcon
          variant="default"
          aria-label={words.next}
          disabled={row >= answers.length - 1}
          onClick={() => onRow(Math.min(row + 1, answers.length - 1))}
        >
          <Icon name="right" />
        </ActionIcon>
        {(['highest', 'middle', 'lowest'] as const).map((which) => (
          <Button key={which} variant="default" onClick={() => onRow(notable[which])}>
            {words[which]}
          </Button>
        ))}
      </div>
      <WaterfallTable output={rowOutput(contributions, row)} features={features} target={target} />
    </section>
  )
}

function rowOf(text: string, rows: number): number | undefined {
  const number = parseNumber(text)
  return number !== undefined && Number.isInteger(number) && number >= 1 && number <= rows ? number - 1 : undefined
}
