import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { apply, scalar } from '../pipeline/graph-flow.js'

/** Numerators and denominators, from the constant term on, of algorithm AS 241 (Wichura 1988), to 16 digits. */
const middle = {
  over: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  under: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
}
const tail = {
  over: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  under: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
}

/** Shares nearer to 0 or 1 count as this: the quantile is then 5.1993. scikit-learn's bound. */
const nearest = 1e-7 - 2.220446049250313e-16

function polynomial(coefficients: readonly number[], at: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * at + coefficient, 0)
}

/** The number below which a share of the standard normal distribution lies; shares outside 1e-7..1 - 1e-7 count as those. */
export function normalQuantile(share: number): number {
  const bounded = Math.min(Math.max(share, nearest), 1 - nearest)
  const centred = bounded - 0.5
  if (Math.abs(centred) <= 0.425) {
    const at = 0.180625 - centred * centred
    return (centred * polynomial(middle.over, at)) / polynomial(middle.under, at)
  }
  const at = Math.sqrt(-Math.log(centred < 0 ? bounded : 1 - bounded)) - 1.6
  const size = polynomial(tail.over, at) / polynomial(tail.under, at)
  return centred < 0 ? -size : size
}

/** The same as nodes over doubles. */
export function addNormalQuantile(graph: GraphBuilder, shares: string): string {
  const number = (value: number) => scalar(graph, 'float64', value)
  const sum = (coefficients: readonly number[], at: string) =>
    coefficients.reduceRight<string>((left, coefficient) => {
      return apply(graph, 'Add', apply(graph, 'Mul', left, at), number(coefficient))
    }, number(0))
  const bounded = apply(graph, 'Min', apply(graph, 'Max', shares, number(nearest)), number(1 - nearest))
  const centred = apply(graph, 'Sub', bounded, number(0.5))
  const inner = apply(graph, 'Sub', number(0.180625), apply(graph, 'Mul', centred, centred))
  const inMiddle = apply(graph, 'Div', apply(graph, 'Mul', centred, sum(middle.over, inner)), sum(middle.under, inner))
  const isLower = apply(graph, 'Less', centred, number(0))
  const outside = apply(graph, 'Where', isLower, bounded, apply(graph, 'Sub', number(1), bounded))
  const outer = apply(
    graph,
    'Sub',
    apply(graph, 'Sqrt', apply(graph, 'Neg', apply(graph, 'Log', outside))),
    number(1.6),
  )
  const size = apply(graph, 'Div', sum(tail.over, outer), sum(tail.under, outer))
  const inTail = apply(graph, 'Where', isLower, apply(graph, 'Neg', size), size)
  const isMiddle = apply(graph, 'LessOrEqual', apply(graph, 'Abs', centred), number(0.425))
  return apply(graph, 'Where', isMiddle, inMiddle, inTail)
}
