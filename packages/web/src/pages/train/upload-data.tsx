import type { Dataset } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { JobProgressLine } from '../../components/jobs/job-progress.jsx'
import { FailurePanel, ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { nameOfFile, slugPattern, uploadPattern } from './file-name.js'
import { sendFile } from './send-file.js'
import { trainQueries } from './train-queries.js'
import { useTrainTexts } from './train-texts.js'

interface UploadDataProps {
  readonly project: string
  readonly datasets: readonly Dataset[]
  /** Called with the name of the dataset, once it has the snapshot. */
  readonly onDone: (dataset: string) => void
}

type Upload =
  | { readonly state: 'idle' }
  | { readonly state: 'sending'; readonly done: number; readonly total: number }
  | { readonly state: 'reading'; readonly job: string }
  | { readonly state: 'failed'; readonly error: unknown }

/** Sends a file and waits until it is a snapshot. It is no form of its own: it stands in that of the training. */
export function UploadData({ project, datasets, onDone }: UploadDataProps) {
  const { f } = useI18n()
  const { upload: texts } = useTrainTexts()
  const fileId = useId()
  const [file, setFile] = useState<File>()
  const [name, setName] = useState('')
  const [wasAsked, setAsked] = useState(false)
  const [upload, setUpload] = useState<Upload>({ state: 'idle' })
  const stop = useRef<AbortController>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const declared = datasets.filter(({ is_declared }) => is_declared).map((dataset) => dataset.name)
  const fileError = file === undefined ? texts.noFile : uploadPattern.test(file.name) ? undefined : texts.badFile
  const nameError = slugPattern.test(name) ? undefined : texts.badName
  const isBusy = upload.state === 'sending' || upload.state === 'reading'
  const send = async () => {
    setAsked(true)
    if (file === undefined || fileError !== undefined || nameError !== undefined || isBusy) return
    stop.current = new AbortController()
    setUpload({ state: 'sending', done: 0, total: file.size })
    try {
      const job = await sendFile(file, {
        project,
        dataset: name,
        signal: stop.current.signal,
        onProgress: (done, total) => setUpload({ state: 'sending', done, total }),
      })
      setUpload({ state: 'reading', job: job.id })
    } catch (error) {
      setUpload(stop.current.signal.aborted ? { state: 'idle' } : { state: 'failed', error: readable(error, texts) })
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter in this field sends the file, not the form around it.
    if (event.key !== 'Enter') return
    event.preventDefault()
    void send()
  }
  return (
    <fieldset className="panel stack-tight train-upload">
      <legend className="visually-hidden">{texts.title}</legend>
      <p className="muted small">{texts.help}</p>
      <div className="train-fields">
        <div className="train-file">
          <span className="train-label">{texts.file}</span>
          <input
            id={fileId}
            type="file"
            className="visually-hidden"
            aria-label={texts.file}
            disabled={isBusy}
            aria-describedby={`${fileId}-error`}
            aria-invalid={wasAsked && fileError !== undefined}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0]
              setFile(chosen)
              if (chosen !== undefined) setName(nameOfFile(chosen.name, declared))
            }}
          />
          <div className="row">
            <label htmlFor={fileId} className="button-link">
              {texts.choose}
            </label>
            {file !== undefined && <span>{texts.chosen(file.name, f.bytes(file.size))}</span>}
          </div>
          <p id={`${fileId}-error`} className="mantine-InputWrapper-error">
            {wasAsked && fileError}
          </p>
        </div>
        <TextInput
          label={texts.name}
          description={texts.nameHelp}
          value={name}
          disabled={isBusy}
          autoComplete="off"
          spellCheck={false}
          error={wasAsked ? nameError : undefined}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          onKeyDown={onKeyDown}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <div className="row">
        <Button variant="default" loading={isBusy} onClick={() => void send()}>
          {texts.start}
        </Button>
        {upload.state === 'sending' && (
          <Button variant="subtle" onClick={() => stop.current?.abort()}>
            {texts.stop}
          </Button>
        )}
      </div>
      {upload.state === 'sending' && (
        <div className="job-progress" role="status">
          <progress max={1} value={upload.total === 0 ? 0 : upload.done / upload.total} aria-label={texts.title} />
          <span className="small">{texts.sending(f.bytes(upload.done), f.bytes(upload.total))}</span>
        </div>
      )}
      {upload.state === 'reading' && (
        <Reading
          job={upload.job}
          onDone={() => onDone(name)}
          onFailed={(error) => setUpload({ state: 'failed', error })}
        />
      )}
      {upload.state === 'failed' && <FailurePanel error={upload.error} />}
    </fieldset>
  )
}

type UploadTexts = ReturnType<typeof useTrainTexts>['upload']

function readable(error: unknown, texts: UploadTexts): unknown {
  if (error instanceof ApiProblem) return error
  return new ApiProblem({
    code: 'upload_broken',
    status: 0,
    message: texts.broken,
    hint: texts.brokenHint,
    cause: error,
  })
}

interface ReadingProps {
  readonly job: string
  readonly onDone: () => void
  readonly onFailed: (error: ApiProblem) => void
}

/** Follows the job that makes a snapshot of the file. */
function Reading({ job: id, onDone, onFailed }: ReadingProps) {
  const { upload: texts } = useTrainTexts()
  const client = useQueryClient()
  const { data: job, error } = useQuery(trainQueries.job(id))
  const ended = useRef(false)
  const { state, error: failure } = job ?? {}
  useEffect(() => {
    if (state === undefined || state === 'queued' || state === 'running' || ended.current) return
    ended.current = true
    if (state !== 'succeeded') {
      const { code = 'upload_broken', message = texts.failed, hint = '' } = failure ?? {}
      onFailed(new ApiProblem({ code, status: 0, message, hint }))
      return
    }
    void client.invalidateQueries({ queryKey: ['datasets'] }).then(onDone)
  }, [state, failure, client, onDone, onFailed, texts])
  if (error !== null && job === undefined) return <ProblemPanel message={error.message} />
  return (
    <div role="status" className="stack-tight">
      <span className="small">{texts.reading}</span>
      {job?.state === 'running' && <JobProgressLine progress={job.progress} />}
    </div>
  )
}
