import { headline, type Report } from './report.ts'

const width = 760
const barHeight = 26
const labelWidth = 270

type Bar = [name: string, value: number, color: string]

/** A bar chart of orders a second, as an SVG that reads well on light and dark pages. */
export function chartOf({ results, machine, measuredAt, commit }: Report): string {
  const figures = headline(results)
  const bars: Bar[] = [
    ['bare node:http, only answering', figures.bare, '#94a3b8'],
    ['Kakilima: accepted, durable', figures.accepted, '#14b8a6'],
    ['Kakilima: decided', figures.decided, '#0f766e'],
    ['Kakilima: decided, one hot product', figures.hot, '#0f766e'],
    ...(figures.redis === undefined || figures.redisHot === undefined
      ? []
      : ([
          ['Redis: decided', figures.redis, '#dc2626'],
          ['Redis: decided, one hot product', figures.redisHot, '#dc2626'],
        ] satisfies Bar[])),
    ['naive transaction', figures.naive, '#f97316'],
    ['naive transaction, one hot product', figures.naiveHot, '#f97316'],
  ]
  const longest = Math.max(...bars.map(([, value]) => value))
  const scale = (width - labelWidth - 90) / longest
  const rows = bars.map(([name, value, color], index) => {
    const y = 48 + index * (barHeight + 10)
    const text = `y="${y + barHeight / 2 + 5}"`
    return (
      `<text x="${labelWidth - 10}" ${text} text-anchor="end">${name}</text>` +
      `<rect x="${labelWidth}" y="${y}" width="${Math.max(2, value * scale).toFixed(1)}" height="${barHeight}" rx="4" fill="${color}"/>` +
      `<text x="${(labelWidth + value * scale + 8).toFixed(1)}" ${text} class="value">${Math.round(value).toLocaleString('en-US')}</text>`
    )
  })
  const height = 48 + bars.length * (barHeight + 10) + 30
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Orders a second">
<style>text { font: 14px system-ui, sans-serif; fill: #334155 } .title { font-size: 17px; font-weight: 700 } .value { font-weight: 600 } .note { font-size: 12px } @media (prefers-color-scheme: dark) { text { fill: #cbd5e1 } }</style>
<text x="0" y="22" class="title">Orders a second on ${machine.cores} cores, load generator included</text>
${rows.join('\n')}
<text x="0" y="${height - 8}" class="note">${measuredAt.slice(0, 10)}, commit ${commit}, npm run bench</text>
</svg>
`
}
