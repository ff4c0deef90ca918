export type Drawing = { title: string; tint: string; icon: string }

/** How wide and high a drawing is. */
export const drawnSize = 640

/** A picture of a product or a category: its icon (32 by 32 units of SVG) on a card in its tint, with some light behind and a shadow below. */
export function drawPicture({ title, tint, icon }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${drawnSize}" height="${drawnSize}" viewBox="0 0 640 640" role="img">
<title>${escapeXml(title)}</title>
<defs>
<radialGradient id="light"><stop offset="0" stop-color="#fff" stop-opacity=".85"/><stop offset=".7" stop-color="#fff" stop-opacity=".4"/><stop offset="1" stop-color="#fff" stop-opacity=".22"/></radialGradient>
<radialGradient id="shadow"><stop offset="0" stop-color="#3b2a20" stop-opacity=".24"/><stop offset=".6" stop-color="#3b2a20" stop-opacity=".1"/><stop offset="1" stop-color="#3b2a20" stop-opacity="0"/></radialGradient>
</defs>
<path fill="${tint}" d="M0 0h640v640H0z"/>
<circle cx="320" cy="314" r="250" fill="url(#light)"/>
<ellipse cx="320" cy="504" rx="156" ry="20" fill="url(#shadow)"/>
<g transform="translate(128 118) scale(12)">${icon}</g>
</svg>
`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
