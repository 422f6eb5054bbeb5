import type { ModelSignature, PredictReply, PredictRequest } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type FormEvent, useId, useState } from 'react'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type CsvProblem, type CsvRead, readCsvRows, writeCsvAnswers } from './csv-rows.js'

interface TryCsvProps {
  readonly model: string
  readonly signature: ModelSignature
  readonly isBusy: boolean
  readonly onPredict: (body: PredictRequest) => void
  /** The newest answer, and what it answers. */
  readonly answered: { readonly body: PredictRequest | undefined; readonly reply: PredictReply } | undefined
}

interface Chosen {
  readonly name: string
  readonly bytes: number
  readonly read: CsvRead
}

/** Bytes of a file that are read into the page. */
const bytesMax = 8 * 1024 * 1024

/** Asks for all rows of a file, and gives the file back with the answers. */
export function TryCsv({ model, signature, isBusy, onPredict, answered }: TryCsvProps) {
  const { t, f } = useI18n()
  const words = t.tryOut.csv
  const fileId = useId()
  const [chosen, setChosen] = useState<Chosen>()
  const [isLarge, setLarge] = useState(false)
  /** What was asked of the file that is chosen: answers of another one are not its own, however many there are. */
  const [sent, setSent] = useState<PredictRequest>()
  const change = (next: Chosen | undefined) => {
    setChosen(next)
    setSent(undefined)
  }
  const choose = async (file: File | undefined) => {
    change(undefined)
    setLarge(file !== undefined && file.size > bytesMax)
    if (file === undefined || file.size > bytesMax) return
    change({ name: file.name, bytes: file.size, read: readCsvRows(await file.text(), signature) })
  }
  const read = chosen?.read
  const rows = read !== undefined && 'rows' in read ? read.rows : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (rows === undefined) {
      document.getElementById(fileId)?.focus()
      return
    }
    const body = { features: [...rows] }
    setSent(body)
    onPredict(body)
  }
  const predictions =
    sent !== undefined && answered?.body === sent && 'predictions' in answered.reply
      ? answered.reply.predictions
      : undefined
  const download = () => {
    if (read === undefined || !('table' in read) || predictions === undefined) return
    const text = writeCsvAnswers(read.table, predictions)
    const address = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }))
    const link = document.createElement('a')
    link.href = address
    link.download = `${chosen?.name.replace(/\.[^.]*$/, '') ?? model}-predictions.csv`
    link.click()
    URL.revokeObjectURL(address)
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="muted">{words.help}</p>
      <div className="try-file">
        <input
          id={fileId}
          type="file"
          accept=".csv,text/csv"
          className="visually-hidden"
          aria-label={words.file}
          onChange={(event) => void choose(event.currentTarget.files?.[0])}
        />
        <label htmlFor={fileId} className="button-link">
          {words.choose}
        </label>
        {chosen !== undefined && <span>{words.chosen(chosen.name, f.bytes(chosen.bytes))}</span>}
        {rows !== undefined && <span className="muted">{words.rows(rows.length)}</span>}
      </div>
      {isLarge && <ProblemPanel title={words.unreadable} message={words.large(f.bytes(bytesMax))} />}
      {read !== undefined && 'problem' in read && (
        <ProblemPanel title={words.unreadable} message={problemText(read.problem, words)} />
      )}
      <div className="row">
        <Button type="submit" loading={isBusy} disabled={rows === undefined}>
          {words.predict}
        </Button>
        {predictions !== undefined && (
          <Button variant="default" onClick={download}>
            {words.download}
          </Button>
        )}
      </div>
      <p className="muted small">
        {words.more}{' '}
        <code>{`fabrique predict --model ${shellWord(model)} --in rows.csv --project PROJECT --out scores.csv`}</code>
      </p>
    </form>
  )
}

/** A name as a shell takes it. */
function shellWord(name: string): string {
  return /^[\w.@/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
}

type Words = ReturnType<typeof useI18n>['t']['tryOut']['csv']

function problemText(problem: CsvProblem, words: Words): string {
  switch (problem.kind) {
    case 'empty':
      return words.empty
    case 'tooMany':
      return words.tooMany(problem.most)
    case 'missing':
      return words.missing(problem.names.join(', '))
    case 'uneven':
      return words.uneven(problem.line)
  }
}
