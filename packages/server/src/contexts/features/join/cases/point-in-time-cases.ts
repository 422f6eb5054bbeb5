/** A value of a cell, as text where JSON has none such: `NaN`, `Infinity`, times. It is of the type of its column. */
export type Cell = string | number | boolean | null

/** How the online store answers for a feature. */
export type CaseStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE'

/** One rule of the point-in-time join, as data. */
export interface PointInTimeCase {
  readonly name: string
  /** Types by column, as the data engine names them; {@link defaultColumns} unless told. */
  readonly featureColumns?: Readonly<Record<string, string>>
  readonly entityColumns?: Readonly<Record<string, string>>
  readonly features: readonly (readonly Cell[])[]
  readonly entities: readonly (readonly Cell[])[]
  /** `id` unless told. */
  readonly keys?: readonly string[]
  readonly created?: string
  readonly asKnown?: boolean
  readonly ttlSeconds?: number
  readonly ties?: readonly string[]
  /** Features; `x` unless told. */
  readonly values?: readonly string[]
  /** For each entity row the values of the features. */
  readonly expected: readonly (readonly Cell[])[]
  /**
   * For each entity row the status of the first feature in a store that was given the feature rows up to the time of the row, in their
   * order, and is read at that time. Left out where the case is not about single keys: a row without a time or a key is no read.
   */
  readonly online?: readonly (CaseStatus | null)[]
}

/** Columns of the cases that name none. */
export const defaultColumns = {
  features: { id: 'BIGINT', at: 'TIMESTAMP', x: 'DOUBLE' },
  entities: { id: 'BIGINT', at: 'TIMESTAMP' },
} as const

const day = 86_400
const withCreated = { id: 'BIGINT', at: 'TIMESTAMP', created: 'TIMESTAMP', x: 'DOUBLE' }
const textKeys = {
  featureColumns: { id: 'VARCHAR', at: 'TIMESTAMP', x: 'DOUBLE' },
  entityColumns: { id: 'VARCHAR', at: 'TIMESTAMP' },
}
const twoKeys = {
  featureColumns: { a: 'BIGINT', b: 'BIGINT', at: 'TIMESTAMP', x: 'DOUBLE' },
  entityColumns: { a: 'BIGINT', b: 'BIGINT', at: 'TIMESTAMP' },
  keys: ['a', 'b'],
}
const twoTextKeys = {
  featureColumns: { a: 'VARCHAR', b: 'VARCHAR', at: 'TIMESTAMP', x: 'DOUBLE' },
  entityColumns: { a: 'VARCHAR', b: 'VARCHAR', at: 'TIMESTAMP' },
  keys: ['a', 'b'],
}
const zoned = {
  featureColumns: { id: 'BIGINT', at: 'TIMESTAMP WITH TIME ZONE', x: 'DOUBLE' },
  entityColumns: { id: 'BIGINT', at: 'TIMESTAMP WITH TIME ZONE' },
}
const long = 'k'.repeat(10_240)

/** What the point-in-time join gives, rule by rule. */
export const pointInTimeCases: readonly PointInTimeCase[] = [
  {
    name: 'the newest earlier row counts',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-03', 30],
      [1, '2024-01-02', 20],
    ],
    entities: [[1, '2024-01-02 12:00:00']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'an equal time is visible',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-02', 20],
    ],
    entities: [[1, '2024-01-02']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'one microsecond later is the future',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-02 00:00:00.000001', 20],
    ],
    entities: [[1, '2024-01-02']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'one microsecond earlier is the past',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-01 23:59:59.999999', 20],
    ],
    entities: [[1, '2024-01-02']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'a row whose features are all in the future stays, with nulls',
    features: [[1, '2024-02-01', 10]],
    entities: [
      [1, '2024-01-01'],
      [1, '2024-02-02'],
    ],
    expected: [[null], [10]],
    online: ['NOT_FOUND', 'PRESENT'],
  },
  {
    name: 'a row whose features are all too old stays, with nulls',
    ttlSeconds: day,
    features: [[1, '2024-01-01', 10]],
    entities: [
      [1, '2024-03-01'],
      [1, '2024-01-01 01:00:00'],
    ],
    expected: [[null], [10]],
    online: ['OUTSIDE_MAX_AGE', 'PRESENT'],
  },
  {
    name: 'a row whose key nobody has stays, with nulls',
    features: [[1, '2024-01-01', 10]],
    entities: [
      [2, '2024-01-02'],
      [1, '2024-01-02'],
    ],
    expected: [[null], [10]],
    online: ['NOT_FOUND', 'PRESENT'],
  },
  {
    name: 'nothing matches at all',
    features: [[1, '2024-01-01', 10]],
    entities: [
      [2, '2024-01-02'],
      [3, '2024-01-02'],
    ],
    expected: [[null], [null]],
    online: ['NOT_FOUND', 'NOT_FOUND'],
  },
  {
    name: 'there are no features at all',
    features: [],
    entities: [
      [1, '2024-01-02'],
      [2, '2024-01-02'],
    ],
    expected: [[null], [null]],
    online: ['NOT_FOUND', 'NOT_FOUND'],
  },
  { name: 'there are no entity rows', features: [[1, '2024-01-01', 10]], entities: [], expected: [] },
  {
    name: 'rows of equal key and time are one each',
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP', label: 'BIGINT' },
    features: [[1, '2024-01-01', 10]],
    entities: [
      [1, '2024-01-02', 0],
      [1, '2024-01-02', 1],
      [1, '2024-01-02', 1],
    ],
    expected: [[10], [10], [10]],
    online: ['PRESENT', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'the order of the rows is that of the input, whatever their times',
    features: [
      [1, '2024-01-01', 10],
      [2, '2024-01-01', 20],
      [1, '2024-01-03', 30],
    ],
    entities: [
      [2, '2024-01-05'],
      [1, '2024-01-04'],
      [3, '2024-01-03'],
      [1, '2024-01-02'],
      [2, '2023-12-31'],
    ],
    expected: [[20], [30], [null], [10], [null]],
    online: ['PRESENT', 'PRESENT', 'NOT_FOUND', 'PRESENT', 'NOT_FOUND'],
  },
  {
    name: 'of equal times the later created counts',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-01', '2024-01-05', 10],
      [1, '2024-01-01', '2024-01-09', 20],
      [1, '2024-01-01', '2024-01-07', 30],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'a later created one loses against a later time',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-02', '2024-01-03', 10],
      [1, '2024-01-01', '2024-01-09', 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'a null created is the lowest',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-01', '1970-01-01', 10],
      [1, '2024-01-01', null, 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'with every created null the last row counts',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-01', null, 10],
      [1, '2024-01-01', null, 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'a late correction is seen where nobody asks what was known',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-01', '2024-01-01', 10],
      [1, '2024-01-01', '2024-06-01', 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[20]],
  },
  {
    name: 'as known then: a late correction is not seen',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-01', '2024-01-01', 10],
      [1, '2024-01-01', '2024-06-01', 20],
    ],
    entities: [
      [1, '2024-02-01'],
      [1, '2024-07-01'],
    ],
    expected: [[10], [20]],
  },
  {
    name: 'as known then: created at that very moment is known',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-01', '2024-02-01', 10],
      [1, '2024-01-01', '2024-02-01 00:00:00.000001', 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[10]],
  },
  {
    name: 'as known then: an older row that came late does not hide a newer one',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-05', '2024-01-05', 50],
      [1, '2024-01-02', '2024-01-10', 20],
    ],
    entities: [
      [1, '2024-01-03'],
      [1, '2024-01-07'],
      [1, '2024-01-11'],
    ],
    expected: [[null], [50], [50]],
  },
  {
    name: 'as known then: a newer row that is not known yet leaves the older one',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-01', '2024-01-01', 10],
      [1, '2024-01-02', '2024-01-20', 20],
      [1, '2024-01-03', '2024-01-04', 30],
    ],
    entities: [
      [1, '2024-01-02 12:00:00'],
      [1, '2024-01-03 12:00:00'],
      [1, '2024-01-04'],
      [1, '2024-01-21'],
    ],
    expected: [[10], [10], [30], [30]],
  },
  {
    name: 'as known then: a null created is known never',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-01', '2024-01-01', 10],
      [1, '2024-01-02', null, 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[10]],
  },
  {
    name: 'as known then: with every created null nothing matches',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [
      [1, '2024-01-01', null, 10],
      [2, '2024-01-02', null, 20],
    ],
    entities: [
      [1, '2024-02-01'],
      [2, '2024-02-01'],
    ],
    expected: [[null], [null]],
  },
  {
    name: 'as known then: created before the event is known, and not yet true',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    features: [[1, '2024-01-10', '2024-01-01', 10]],
    entities: [
      [1, '2024-01-05'],
      [1, '2024-01-10'],
    ],
    expected: [[null], [10]],
  },
  {
    name: 'as known then: the age is that of the event, not of the knowing',
    featureColumns: withCreated,
    created: 'created',
    asKnown: true,
    ttlSeconds: 5 * day,
    features: [[1, '2024-01-01', '2024-01-10', 10]],
    entities: [[1, '2024-01-11']],
    expected: [[null]],
  },
  {
    name: 'equal in time and created: the last row counts',
    featureColumns: withCreated,
    created: 'created',
    features: [
      [1, '2024-01-01', '2024-01-02', 30],
      [1, '2024-01-01', '2024-01-02', 10],
      [1, '2024-01-01', '2024-01-02', 20],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'equal in time: the greatest by the columns for ties counts',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', version: 'BIGINT', part: 'VARCHAR', x: 'DOUBLE' },
    ties: ['version', 'part'],
    features: [
      [1, '2024-01-01', 2, 'a', 10],
      [1, '2024-01-01', 10, 'a', 20],
      [1, '2024-01-01', 10, 'b', 30],
      [1, '2024-01-01', 9, 'z', 40],
      [1, '2024-01-01', null, 'z', 50],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[30]],
    online: ['PRESENT'],
  },
  {
    name: 'equal by the columns for ties as well: the last row counts',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', version: 'BIGINT', x: 'DOUBLE' },
    ties: ['version'],
    features: [
      [1, '2024-01-01', 3, 10],
      [1, '2024-01-01', 3, 20],
      [1, '2024-01-01', 2, 30],
    ],
    entities: [[1, '2024-02-01']],
    expected: [[20]],
    online: ['PRESENT'],
  },
  {
    name: 'rows that are there twice give one row',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-01', 10],
      [1, '2024-01-01', 10],
    ],
    entities: [[1, '2024-01-02']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'an age of exactly the time-to-live is kept',
    ttlSeconds: day,
    features: [[1, '2024-01-01', 10]],
    entities: [[1, '2024-01-02']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'a microsecond beyond the time-to-live is not',
    ttlSeconds: day,
    features: [[1, '2024-01-01', 10]],
    entities: [[1, '2024-01-02 00:00:00.000001']],
    expected: [[null]],
    online: ['OUTSIDE_MAX_AGE'],
  },
  {
    name: 'a time-to-live of half a second',
    ttlSeconds: 0.5,
    features: [[1, '2024-01-01', 10]],
    entities: [
      [1, '2024-01-01 00:00:00.5'],
      [1, '2024-01-01 00:00:00.500001'],
    ],
    expected: [[10], [null]],
    online: ['PRESENT', 'OUTSIDE_MAX_AGE'],
  },
  {
    name: 'a time-to-live of 0 is none',
    ttlSeconds: 0,
    features: [[1, '1971-01-01', 10]],
    entities: [[1, '2024-01-02']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'the time-to-live counts from the entity row, not from now',
    ttlSeconds: day,
    features: [[1, '1999-01-01', 10]],
    entities: [[1, '1999-01-01 12:00:00']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'a null of the newest row stays null',
    features: [
      [1, '2024-01-01', 10],
      [1, '2024-01-02', null],
    ],
    entities: [[1, '2024-01-03']],
    expected: [[null]],
    online: ['NULL_VALUE'],
  },
  {
    name: 'each feature comes from the one newest row',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', x: 'DOUBLE', y: 'VARCHAR' },
    values: ['x', 'y'],
    features: [
      [1, '2024-01-01', 10, 'old'],
      [1, '2024-01-02', 20, null],
    ],
    entities: [[1, '2024-01-03']],
    expected: [[20, null]],
    online: ['PRESENT'],
  },
  {
    name: 'a null key matches nothing, not even a null key',
    features: [
      [null, '2024-01-01', 99],
      [1, '2024-01-01', 10],
    ],
    entities: [
      [null, '2024-01-02'],
      [1, '2024-01-02'],
    ],
    expected: [[null], [10]],
    online: [null, 'PRESENT'],
  },
  {
    name: 'half a key matches nothing',
    ...twoKeys,
    features: [
      [1, null, '2024-01-01', 99],
      [1, 2, '2024-01-01', 10],
    ],
    entities: [
      [1, null, '2024-01-02'],
      [null, 2, '2024-01-02'],
      [1, 2, '2024-01-02'],
    ],
    expected: [[null], [null], [10]],
    online: [null, null, 'PRESENT'],
  },
  {
    name: 'a row without a time matches nothing, and a feature without one is no row',
    features: [
      [1, null, 99],
      [1, '2024-01-01', 10],
    ],
    entities: [
      [1, null],
      [1, '2024-01-02'],
    ],
    expected: [[null], [10]],
    online: [null, 'PRESENT'],
  },
  {
    name: 'the keys (1, 23) and (12, 3) are two',
    ...twoKeys,
    features: [
      [1, 23, '2024-01-01', 10],
      [12, 3, '2024-01-01', 20],
    ],
    entities: [
      [12, 3, '2024-01-02'],
      [1, 23, '2024-01-02'],
      [3, 12, '2024-01-02'],
    ],
    expected: [[20], [10], [null]],
    online: ['PRESENT', 'PRESENT', 'NOT_FOUND'],
  },
  {
    name: 'separators within keys do not move them',
    ...twoTextKeys,
    features: [
      ['a|b', 'c', '2024-01-01', 10],
      ['a', 'b|c', '2024-01-01', 20],
      ['a,b', '', '2024-01-01', 30],
      ['', 'a,b', '2024-01-01', 40],
      ['a\u001fb', 'c', '2024-01-01', 50],
    ],
    entities: [
      ['a', 'b|c', '2024-01-02'],
      ['a|b', 'c', '2024-01-02'],
      ['', 'a,b', '2024-01-02'],
      ['a,b', '', '2024-01-02'],
      ['a', 'b\u001fc', '2024-01-02'],
      ['a\u001fb', 'c', '2024-01-02'],
    ],
    expected: [[20], [10], [40], [30], [null], [50]],
    online: ['PRESENT', 'PRESENT', 'PRESENT', 'PRESENT', 'NOT_FOUND', 'PRESENT'],
  },
  {
    name: 'an empty text is a key, and not null',
    ...textKeys,
    features: [
      ['', '2024-01-01', 10],
      [null, '2024-01-01', 20],
    ],
    entities: [
      ['', '2024-01-02'],
      [null, '2024-01-02'],
    ],
    expected: [[10], [null]],
    online: ['PRESENT', null],
  },
  {
    name: 'texts are equal letter by letter: case, spaces, accents, zeros',
    ...textKeys,
    features: [
      ['Zoë', '2024-01-01', 10],
      ['7', '2024-01-01', 20],
      ['日本', '2024-01-01', 30],
      ['👩‍🚀', '2024-01-01', 40],
    ],
    entities: [
      ['Zoë', '2024-01-02'],
      ['Zoe\u0308', '2024-01-02'],
      ['zoë', '2024-01-02'],
      ['7', '2024-01-02'],
      ['07', '2024-01-02'],
      ['7 ', '2024-01-02'],
      ['日本', '2024-01-02'],
      ['👩‍🚀', '2024-01-02'],
      ['👩', '2024-01-02'],
    ],
    expected: [[10], [null], [null], [20], [null], [null], [30], [40], [null]],
    online: [
      'PRESENT',
      'NOT_FOUND',
      'NOT_FOUND',
      'PRESENT',
      'NOT_FOUND',
      'NOT_FOUND',
      'PRESENT',
      'PRESENT',
      'NOT_FOUND',
    ],
  },
  {
    name: 'quotes, line breaks and SQL are letters like others',
    ...textKeys,
    features: [
      ["o'hara", '2024-01-01', 10],
      ['a"b', '2024-01-01', 20],
      ['a\nb', '2024-01-01', 30],
      ["'; drop table x; --", '2024-01-01', 40],
      ['a\\b', '2024-01-01', 50],
    ],
    entities: [
      ["'; drop table x; --", '2024-01-02'],
      ['a\nb', '2024-01-02'],
      ['a"b', '2024-01-02'],
      ["o'hara", '2024-01-02'],
      ['a\\b', '2024-01-02'],
    ],
    expected: [[40], [30], [20], [10], [50]],
    online: ['PRESENT', 'PRESENT', 'PRESENT', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'keys of 10 KB that differ in their last letter',
    ...textKeys,
    features: [
      [`${long}a`, '2024-01-01', 10],
      [`${long}b`, '2024-01-01', 20],
    ],
    entities: [
      [`${long}b`, '2024-01-02'],
      [`${long}a`, '2024-01-02'],
      [long, '2024-01-02'],
    ],
    expected: [[20], [10], [null]],
    online: ['PRESENT', 'PRESENT', 'NOT_FOUND'],
  },
  {
    name: 'the largest whole numbers are told apart',
    features: [
      ['9223372036854775807', '2024-01-01', 10],
      ['9223372036854775806', '2024-01-01', 20],
      ['-9223372036854775808', '2024-01-01', 30],
      ['9007199254740993', '2024-01-01', 40],
      ['9007199254740992', '2024-01-01', 50],
    ],
    entities: [
      ['9223372036854775806', '2024-01-02'],
      ['9223372036854775807', '2024-01-02'],
      ['-9223372036854775808', '2024-01-02'],
      ['9007199254740992', '2024-01-02'],
      ['9007199254740993', '2024-01-02'],
    ],
    expected: [[20], [10], [30], [50], [40]],
    online: ['PRESENT', 'PRESENT', 'PRESENT', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'truth values are keys',
    featureColumns: { id: 'BOOLEAN', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'BOOLEAN', at: 'TIMESTAMP' },
    features: [
      [true, '2024-01-01', 10],
      [false, '2024-01-01', 20],
    ],
    entities: [
      [false, '2024-01-02'],
      [null, '2024-01-02'],
      [true, '2024-01-02'],
    ],
    expected: [[20], [null], [10]],
    online: ['PRESENT', null, 'PRESENT'],
  },
  {
    name: 'whole numbers of other widths are equal by value',
    featureColumns: { id: 'UTINYINT', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP' },
    features: [[255, '2024-01-01', 10]],
    entities: [
      [255, '2024-01-02'],
      [-1, '2024-01-02'],
      [511, '2024-01-02'],
    ],
    expected: [[10], [null], [null]],
  },
  {
    name: 'doubles that are whole are whole numbers',
    featureColumns: { id: 'DOUBLE', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'INTEGER', at: 'TIMESTAMP' },
    features: [
      [7, '2024-01-01', 10],
      [null, '2024-01-01', 20],
    ],
    entities: [
      [7, '2024-01-02'],
      [null, '2024-01-02'],
    ],
    expected: [[10], [null]],
  },
  {
    name: 'texts that read back as numbers are those numbers',
    featureColumns: { id: 'VARCHAR', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP' },
    features: [
      ['7', '2024-01-01', 10],
      ['-12', '2024-01-01', 20],
    ],
    entities: [
      [-12, '2024-01-02'],
      [7, '2024-01-02'],
      [12, '2024-01-02'],
    ],
    expected: [[20], [10], [null]],
  },
  {
    name: 'days as keys are those moments at midnight',
    featureColumns: { id: 'DATE', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'TIMESTAMP', at: 'TIMESTAMP' },
    features: [['2023-05-01', '2024-01-01', 10]],
    entities: [
      ['2023-05-01 00:00:00', '2024-01-02'],
      ['2023-05-01 00:00:01', '2024-01-02'],
    ],
    expected: [[10], [null]],
  },
  {
    name: 'moments of other zones are the same moments',
    ...zoned,
    features: [
      [1, '2024-06-01 12:00:00+02', 10],
      [1, '2024-06-01 12:00:00+00', 20],
    ],
    entities: [
      [1, '2024-06-01 10:00:00+00'],
      [1, '2024-06-01 09:59:59.999999+00'],
      [1, '2024-06-01 17:30:00+05:30'],
      [1, '2024-06-01 07:59:59-04'],
    ],
    expected: [[10], [null], [20], [10]],
    online: ['PRESENT', 'NOT_FOUND', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'a time without a zone is UTC',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP WITH TIME ZONE' },
    features: [[1, '2024-06-01 12:00:00', 10]],
    entities: [
      [1, '2024-06-01 14:00:00+02'],
      [1, '2024-06-01 13:59:59+02'],
    ],
    expected: [[10], [null]],
    online: ['PRESENT', 'NOT_FOUND'],
  },
  {
    name: 'the hour that comes twice in autumn is two hours',
    ...zoned,
    features: [
      [1, '2024-10-27 02:30:00+02', 10],
      [1, '2024-10-27 02:30:00+01', 20],
    ],
    entities: [
      [1, '2024-10-27 02:45:00+02'],
      [1, '2024-10-27 02:15:00+01'],
      [1, '2024-10-27 02:45:00+01'],
    ],
    expected: [[10], [10], [20]],
    online: ['PRESENT', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'a day over a change of clocks has 24 hours for the time-to-live',
    ...zoned,
    ttlSeconds: day,
    features: [[1, '2024-03-30 12:00:00+01', 10]],
    entities: [
      [1, '2024-03-31 12:00:00+02'],
      [1, '2024-03-31 13:00:00+02'],
      [1, '2024-03-31 13:00:01+02'],
    ],
    expected: [[10], [10], [null]],
    online: ['PRESENT', 'PRESENT', 'OUTSIDE_MAX_AGE'],
  },
  {
    name: 'times as texts, with and without zones',
    featureColumns: { id: 'BIGINT', at: 'VARCHAR', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'VARCHAR' },
    features: [
      [1, '2024-06-01T12:00:00', 10],
      [1, '2024-06-01T15:00:00+02:00', 20],
    ],
    entities: [
      [1, '2024-06-01T12:30:00Z'],
      [1, '2024-06-01 13:00:00'],
      [1, '2024-06-01'],
    ],
    expected: [[10], [20], [null]],
  },
  {
    name: 'days as times are their midnight in UTC',
    featureColumns: { id: 'BIGINT', at: 'DATE', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP' },
    features: [[1, '2024-01-02', 10]],
    entities: [
      [1, '2024-01-01 23:59:59'],
      [1, '2024-01-02 00:00:00'],
    ],
    expected: [[null], [10]],
    online: ['NOT_FOUND', 'PRESENT'],
  },
  {
    name: 'nanoseconds tell rows apart',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP_NS', x: 'DOUBLE' },
    entityColumns: { id: 'BIGINT', at: 'TIMESTAMP_NS' },
    features: [
      [1, '2024-01-01 00:00:00.000000100', 10],
      [1, '2024-01-01 00:00:00.000000300', 30],
    ],
    entities: [
      [1, '2024-01-01 00:00:00.000000099'],
      [1, '2024-01-01 00:00:00.000000100'],
      [1, '2024-01-01 00:00:00.000000299'],
      [1, '2024-01-01 00:00:00.000000300'],
    ],
    expected: [[null], [10], [10], [30]],
  },
  {
    name: 'nanoseconds against microseconds',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP_NS', x: 'DOUBLE' },
    features: [
      [1, '2024-01-01 00:00:00.000001000', 10],
      [1, '2024-01-01 00:00:00.000001001', 20],
    ],
    entities: [
      [1, '2024-01-01 00:00:00.000001'],
      [1, '2024-01-01 00:00:00.000002'],
    ],
    expected: [[10], [20]],
  },
  {
    name: 'times before 1970 and far from now',
    features: [
      [1, '1815-12-10', 10],
      [1, '2999-12-31', 20],
    ],
    entities: [
      [1, '1900-01-01'],
      [1, '3000-01-01'],
      [1, '1800-01-01'],
    ],
    expected: [[10], [20], [null]],
  },
  {
    name: 'an infinite time is none',
    features: [
      [1, 'infinity', 99],
      [1, '-infinity', 98],
      [1, '2024-01-01', 10],
    ],
    entities: [
      [1, '2024-01-02'],
      [1, 'infinity'],
      [1, '2023-01-01'],
    ],
    expected: [[10], [null], [null]],
  },
  {
    name: 'NaN and infinities are values and stay what they are',
    features: [
      [1, '2024-01-01', 'NaN'],
      [2, '2024-01-01', 'Infinity'],
      [3, '2024-01-01', '-Infinity'],
    ],
    entities: [
      [3, '2024-01-02'],
      [1, '2024-01-02'],
      [2, '2024-01-02'],
    ],
    expected: [['-Infinity'], ['NaN'], ['Infinity']],
    online: ['PRESENT', 'PRESENT', 'PRESENT'],
  },
  {
    name: 'NaN among the columns for ties is the greatest',
    featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', score: 'DOUBLE', x: 'DOUBLE' },
    ties: ['score'],
    features: [
      [1, '2024-01-01', 'NaN', 10],
      [1, '2024-01-01', 'Infinity', 20],
      [1, '2024-01-01', null, 30],
    ],
    entities: [[1, '2024-01-02']],
    expected: [[10]],
    online: ['PRESENT'],
  },
  {
    name: 'values of every type come through unchanged',
    featureColumns: {
      id: 'BIGINT',
      at: 'TIMESTAMP',
      a: 'BIGINT',
      b: 'VARCHAR',
      c: 'BOOLEAN',
      d: 'DATE',
      e: 'DECIMAL(18, 4)',
      f: 'INTEGER[]',
    },
    values: ['a', 'b', 'c', 'd', 'e', 'f'],
    features: [[1, '2024-01-01', '9007199254740993', 'é\n"', false, '2020-02-29', '0.1000', '[1, NULL, 3]']],
    entities: [
      [1, '2024-01-02'],
      [2, '2024-01-02'],
    ],
    expected: [
      ['9007199254740993', 'é\n"', false, '2020-02-29', '0.1000', '[1, NULL, 3]'],
      [null, null, null, null, null, null],
    ],
    online: ['PRESENT', 'NOT_FOUND'],
  },
]
