import { expect, test } from 'vitest'
import { drawPicture } from './draw-picture.ts'

test('a drawing says the name of its product, whatever is in it', () => {
  const svg = drawPicture({ title: 'Garam & <Lada>', tint: '#fff', icon: '<path d="M0 0"/>' })
  expect(svg).toContain('<title>Garam &amp; &lt;Lada&gt;</title>')
  expect(svg).toContain('role="img"')
  expect(svg).toContain('<path d="M0 0"/>')
})
