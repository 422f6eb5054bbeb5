import { NativeSelect } from '@mantine/core'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { taskMetrics } from './metrics.js'
import { metricName } from './train-texts.js'
import type { FieldName } from './training-request.js'

interface MetricFieldProps extends FormPartProps {
  readonly field?: FieldName
  readonly label: string
  /** '' is the usual one of the task. */
  readonly value: string
  readonly onChange: (metric: string) => void
}

/** A metric of the task. */
export function MetricField({ field, label, value, onChange, ...props }: MetricFieldProps) {
  const { texts, errorOf } = useFormPart(props)
  const [usual = '', ...others] = taskMetrics[props.form.task]
  return (
    <NativeSelect
      {...(field === undefined ? {} : { id: fieldId(field), error: errorOf(field) })}
      label={label}
      value={value}
      data={[
        { value: '', label: texts.model.usualMetric(metricName(texts, usual)) },
        ...others.map((metric) => ({ value: metric, label: metricName(texts, metric) })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
