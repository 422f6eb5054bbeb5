import type { ModelSignature } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Load } from '../../components/load.jsx'
import { type ExplainedAnswer, explainQueries } from './explain-queries.js'
import { useExplainTexts } from './explain-texts.js'
import { MethodNote } from './method-note.jsx'
import { WaterfallTable } from './waterfall.jsx'

interface WhyPredictionProps {
  readonly answer: ExplainedAnswer
  readonly signature: ModelSignature
}

/** Why the answer is what it is: asked for by a button, as it costs more than the answer itself. */
export function WhyPrediction(props: WhyPredictionProps) {
  const words = useExplainTexts().why
  const [isAsked, setAsked] = useState(false)
  if (isAsked) return <Answer {...props} />
  return (
    <div>
      <Button variant="default" onClick={() => setAsked(true)}>
        {words.button}
      </Button>
    </div>
  )
}

function Answer({ answer, signature }: WhyPredictionProps) {
  const words = useExplainTexts().why
  const [wanted, setWanted] = useState<string>()
  const query = useQuery(explainQueries.row(answer, wanted))
  const { classes, name } = signature.target
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that asked is gone: whoever pressed it goes on from here.
  useEffect(() => heading.current?.focus(), [])
  return (
    <section className="stack-tight" aria-labelledby="why-title" aria-live="polite">
      <div className="spread">
        <h3 id="why-title" ref={heading} tabIndex={-1}>
          {words.title}
        </h3>
        {classes.length > 1 && query.data !== undefined && (
          <NativeSelect
            aria-label={words.for}
            value={query.data.outputs[0]?.class ?? ''}
            data={[...classes]}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
        )}
      </div>
      <Load query={query} lines={6}>
        {({ outputs, method }) => (
          <>
            {outputs.map((output) => (
              <WaterfallTable key={output.class ?? ''} output={output} features={signature.features} target={name} />
            ))}
            <MethodNote method={method} standardError={undefined} />
          </>
        )}
      </Load>
    </section>
  )
}
