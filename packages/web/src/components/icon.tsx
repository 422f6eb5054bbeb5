/** Strokes on a 16 by 16 grid. Words always stand beside an icon, or its button is named. */
const strokes = {
  overview: 'M2.5 8a3 3 0 1 0 6 0 3 3 0 0 0-6 0M8.5 8h5M11 5.5 13.5 8 11 10.5',
  runs: 'M2.5 12.5 6 8l3 2.5 4.5-7M10.5 3.5h3v3',
  experiments: 'M6 2h4M7 2v4.4L3.3 12.5c-.4.7 0 1.5.8 1.5h7.8c.8 0 1.2-.8.8-1.5L9 6.4V2M5 10.5h6',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13',
  chart: 'M2.5 2.5v11h11M4.5 10.5 7 7l2.5 1.5L13 4',
  parallel: 'M3 2v12M8 2v12M13 2v12M3 5l5 6 5-7M3 11l5-7 5 6',
  bin: 'M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5',
  bookmark: 'M4.5 2.5h7v11L8 11l-3.5 2.5z',
  group: 'M2.5 3.5h4v3.5h-4zM2.5 9.5h4V13h-4zM9 5.2h4.5M9 11.2h4.5',
  filter: 'M2.5 3h11L9.5 8v5l-3-1.5V8z',
  pin: 'M6 2.5h4l-.5 4 2.5 3H4l2.5-3zM8 9.5v4',
  datasets:
    'M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  models: 'M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.1 13.5 5M8 8.1v6.1',
  endpoints:
    'M6.5 9.5a3 3 0 0 0 4.3 0l2-2a3 3 0 0 0-4.3-4.3l-.8.8M9.5 6.5a3 3 0 0 0-4.3 0l-2 2a3 3 0 0 0 4.3 4.3l.8-.8',
  settings:
    'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M9 4.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M4 11.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0',
  about: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 7.3v3.6M8 5v.2',
  book: 'M3 3.5c2-.8 3.7-.6 5 .5 1.3-1.1 3-1.3 5-.5v9c-2-.8-3.7-.6-5 .5-1.3-1.1-3-1.3-5-.5zM8 4v9',
  collapse: 'M2.5 3h11v10h-11zM6 3v10M11 6.5 9.5 8 11 9.5',
  expand: 'M2.5 3h11v10h-11zM6 3v10M9.5 6.5 11 8 9.5 9.5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M10.6 10.6 14 14',
  person: 'M8 7.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4M2.8 13.8c.4-2.8 2.5-4.3 5.2-4.3s4.8 1.5 5.2 4.3',
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  dash: 'M4 8h8',
  dot: 'M8 7.9v.2',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 4.8V8l2.2 1.6',
  flow: 'M2.5 2.5h4.5v3.5H2.5zM9 10h4.5v3.5H9zM7 4.2h2.7a1.6 1.6 0 0 1 1.6 1.6V10',
  running: 'M8 2a6 6 0 1 0 6 6',
  skip: 'M4 12 12 4',
  warning: 'M8 2.3 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.3v9.4L12.5 8z',
  down: 'M4 6.2 8 10.2 12 6.2',
  right: 'M6.2 4 10.2 8 6.2 12',
  left: 'M9.8 4 5.8 8 9.8 12',
  up: 'M4 9.8 8 5.8 12 9.8',
  sort: 'M5 6.5 8 3.5l3 3M5 9.5l3 3 3-3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  download: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11',
  external: 'M9 2.5h4.5V7M13.5 2.5 7.5 8.5M11 9.5v4H2.5V5h4',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.8 4M13.5 2v3h-3',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7',
  screen: 'M2 3h12v8H2zM5.5 14h5M8 11v3',
  edit: 'M3 13h2.5L13 5.5 10.5 3 3 10.5zM9 4.5 11.5 7',
  trash: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4',
  restore: 'M3 5.5h6.5a4 4 0 0 1 0 8H5M6 2.5l-3 3 3 3',
  more: 'M3.5 8v.2M8 8v.2M12.5 8v.2',
  trace: 'M2.5 3.5h8M5 8h8.5M7 12.5h4',
  webhook: 'M8 5.5 5 11M8 5.5a2 2 0 1 0-.1 0M5 11h6M5 11a2 2 0 1 0 0 .1M11 11a2 2 0 1 0 0 .1M11 11 9 6.5',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  folder: 'M2 4h4l1.5 1.5H14V13H2z',
  pulse: 'M1.5 8.5h3l2-5.5 3 10 2-4.5h3',
  alarm: 'M8 1.6 14.4 8 8 14.4 1.6 8zM8 5v3.4M8 10.6v.2',
  tag: 'M2.5 2.5h5.5l5.5 5.5-5.5 5.5L2.5 8zM5.5 5.4v.2',
  plus: 'M8 3v10M3 8h10',
  share: 'M8 10V2.5M5 5.5l3-3 3 3M4.5 8h-2v5.5h11V8h-2',
  link: 'M5.5 8h5M6.5 5H5a3 3 0 0 0 0 6h1.5M9.5 5H11a3 3 0 0 1 0 6H9.5',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  language: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M2 8h12M8 2c4 4 4 8 0 12M8 2C4 6 4 10 8 14',
} as const

export type IconName = keyof typeof strokes

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  const heavy = name === 'dot' ? 3.5 : name === 'more' ? 2.2 : 1.5
  return (
    <svg
      className={name === 'running' ? 'icon icon-spin' : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={heavy}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={strokes[name]} />
    </svg>
  )
}
