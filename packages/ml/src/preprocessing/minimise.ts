const golden = (3 - Math.sqrt(5)) / 2
const tolerance = 1.48e-8
const iterationsMax = 200

/** Where a function of one number is least near 0, by Brent's method (Brent 1973), from a bracket that grows from -2..2. */
export async function minimise(of: (at: number) => Promise<number>): Promise<number> {
  let [low, high] = [-2, 2]
  for (let step = 4; step < 64 && (await of(low)) < (await of(low + step / 4)); step *= 2) low -= step
  for (let step = 4; step < 64 && (await of(high)) < (await of(high - step / 4)); step *= 2) high += step
  let best = low + golden * (high - low)
  let [second, third] = [best, best]
  let bestValue = await of(best)
  let [secondValue, thirdValue] = [bestValue, bestValue]
  let [move, earlier] = [0, 0]
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const middle = (low + high) / 2
    const least = tolerance * Math.abs(best) + 1e-11
    if (Math.abs(best - middle) <= 2 * least - (high - low) / 2) return best
    const r = (best - second) * (bestValue - thirdValue)
    const q = (best - third) * (bestValue - secondValue)
    const denominator = 2 * (q - r)
    const numerator = (best - third) * q - (best - second) * r
    const parabola = -numerator / denominator
    const isUsable =
      Math.abs(earlier) > least &&
      Math.abs(parabola) < Math.abs(earlier / 2) &&
      best + parabola > low &&
      best + parabola < high
    earlier = isUsable ? move : best >= middle ? low - best : high - best
    move = isUsable ? parabola : golden * earlier
    const at = best + (Math.abs(move) >= least ? move : Math.sign(move || 1) * least)
    const value = await of(at)
    if (value <= bestValue) {
      if (at >= best) low = best
      else high = best
      ;[third, thirdValue, second, secondValue] = [second, secondValue, best, bestValue]
      ;[best, bestValue] = [at, value]
      continue
    }
    if (at < best) low = at
    else high = at
    if (value <= secondValue || second === best) {
      ;[third, thirdValue, second, secondValue] = [second, secondValue, at, value]
    } else if (value <= thirdValue || third === best || third === second) [third, thirdValue] = [at, value]
  }
  return best
}
