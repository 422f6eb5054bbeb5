import { TrainingRequest } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { type TrainSnapshotFlags, trainingRequest } from './train-request.js'

const flags: TrainSnapshotFlags = { target: 'churned', estimator: 'gaussian_nb' }
const asked = (given: TrainSnapshotFlags) => TrainingRequest.parse(trainingRequest('snap_1', { ...flags, ...given }))

test('how classes are decided is asked of the server as of a file', () => {
  expect(asked({ calibrate: 'isotonic', threshold: 'f_beta:2' })).toMatchObject({
    calibration: 'isotonic',
    threshold: { goal: 'f_beta', beta: 2 },
  })
  expect(asked({ threshold: '0.35' }).threshold).toEqual({ goal: 'fixed', value: 0.35 })
  expect(asked({})).not.toHaveProperty('threshold')
  expect(asked({})).not.toHaveProperty('calibration')
})

test.each([{ threshold: 'recall' }, { threshold: '1.2' }, { calibrate: 'platt' }])('%j cannot be meant', (given) => {
  expect(() => asked(given)).toThrowError(expect.objectContaining({ code: 'invalid_request' }))
})
