import type { ChartOptions, ScriptableContext, TooltipItem } from 'chart.js'
import { onScopeDispose, ref } from 'vue'

export type ChartLook = ReturnType<typeof readLook>

/** The colors of the pages as they are right now. A canvas knows nothing of CSS. */
function readLook() {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => style.getPropertyValue(name).trim()
  return {
    ink: color('--ink'),
    inkSoft: color('--ink-soft'),
    line: color('--line'),
    surface: color('--surface'),
    chili: color('--chili'),
    turmeric: color('--turmeric'),
    leaf: color('--leaf'),
  }
}

/** The look of charts, new when the color scheme changes. */
export function useChartLook() {
  const look = ref(readLook())
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const note = () => (look.value = readLook())
  scheme.addEventListener('change', note)
  onScopeDispose(() => scheme.removeEventListener('change', note))
  return look
}

/** What bars and lines have in common: quiet axes, and a note beside the pointer with all that a day has. */
export function chartOptions<Type extends 'bar' | 'line'>(
  look: ChartLook,
  say: { value: (value: number) => string; tick: (value: number) => string; title: (index: number) => string },
): ChartOptions<Type> {
  const font = { family: "'Plus Jakarta Sans Variable', system-ui, sans-serif", size: 12 }
  const options: ChartOptions<'bar' | 'line'> = {
    responsive: true,
    maintainAspectRatio: false,
    // Nothing moves: figures are there at once, whoever likes motion or not.
    animation: false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        grid: { display: false },
        border: { color: look.line },
        ticks: { color: look.inkSoft, font, maxRotation: 0, autoSkipPadding: 16 },
      },
      y: {
        beginAtZero: true,
        suggestedMax: 4,
        border: { display: false },
        grid: { color: look.line },
        ticks: {
          color: look.inkSoft,
          font,
          maxTicksLimit: 5,
          precision: 0,
          callback: (value) => say.tick(Number(value)),
        },
      },
    },
    plugins: {
      tooltip: {
        backgroundColor: look.ink,
        titleColor: look.surface,
        bodyColor: look.surface,
        titleFont: { ...font, weight: 'bold' },
        bodyFont: font,
        padding: 12,
        cornerRadius: 12,
        boxPadding: 6,
        usePointStyle: true,
        callbacks: {
          title: ([first]: TooltipItem<'bar' | 'line'>[]) => (first === undefined ? '' : say.title(first.dataIndex)),
          label: ({ dataset, parsed }: TooltipItem<'bar' | 'line'>) => `${dataset.label}: ${say.value(parsed.y ?? 0)}`,
        },
      },
    },
  }
  return options as ChartOptions<Type>
}

/** Today stands out among the bars of the other days. */
export function lastStandsOut(look: ChartLook, length: number) {
  return ({ dataIndex }: ScriptableContext<'bar'>) => (dataIndex === length - 1 ? look.chili : look.turmeric)
}
