import type { MessageParts } from './render-message.ts'

// The light colors of web/ui/src/tokens.css. Programs that show mail know no variables and mostly no style sheets.
const color = {
  paper: '#fff8ee',
  surface: '#ffffff',
  ink: '#2b1a11',
  soft: '#695143',
  line: '#ead9c3',
  chili: '#bf3118',
}
const font = "font-family:'Plus Jakarta Sans',system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"

/** A message as a page of one column, which fits a phone. All that is not ours is escaped. */
export function renderHtml(parts: MessageParts): string {
  const [first, ...others] = parts.sentences
  const points = parts.points!.map((point) => `<li style="margin:0 0 4px">${escapeHtml(point)}</li>`)
  return `<!doctype html>
<html lang="${parts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(parts.subject)}</title>
</head>
<body style="margin:0;padding:0;background:${color.paper};color:${color.ink};${font};font-size:16px;line-height:1.55">
<div style="max-width:560px;margin:0 auto;padding:24px 16px">
<p style="margin:0 0 12px;font-weight:800;font-size:18px;color:${color.chili}">${escapeHtml(parts.shop)}</p>
<div style="background:${color.surface};border:1px solid ${color.line};border-radius:14px;padding:20px">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.2">${escapeHtml(parts.title)}</h1>
${paragraph(parts.greeting)}
${paragraph(first!)}
${points.length > 0 ? `<ul style="margin:0 0 12px;padding-left:20px">${points.join('')}</ul>` : ''}
${others.map(paragraph).join('\n')}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:16px 0 20px">
<tr><td colspan="2" style="padding:0 0 6px;font-weight:700">${escapeHtml(parts.orderName)}</td></tr>
${parts.lines.map(row).join('\n')}
${parts.total === null ? '' : totalRow(parts.total)}
</table>
<p style="margin:0"><a href="${escapeHtml(parts.link.url)}" style="display:inline-block;padding:12px 20px;border-radius:12px;background:${color.chili};color:#ffffff;font-weight:700;text-decoration:none">${escapeHtml(parts.link.label)}</a></p>
</div>
<p style="margin:16px 0 0">${escapeHtml(parts.regards)}<br>${escapeHtml(parts.shop)}</p>
<p style="margin:16px 0 0;font-size:13px;color:${color.soft}">${escapeHtml(parts.whyThis)}</p>
</div>
</body>
</html>
`
}

function paragraph(text: string): string {
  return `<p style="margin:0 0 12px">${escapeHtml(text)}</p>`
}

function row({ quantity, name, each, price }: MessageParts['lines'][number]): string {
  const detail = each === null ? '' : `<br><span style="font-size:14px;color:${color.soft}">${escapeHtml(each)}</span>`
  return `<tr style="vertical-align:top"><td style="padding:8px 8px 8px 0;border-top:1px solid ${color.line};word-break:break-word">${quantity} × ${escapeHtml(name)}${detail}</td>${priceCell(price ?? '', '')}</tr>`
}

function totalRow({ label, price }: NonNullable<MessageParts['total']>): string {
  const bold = 'font-weight:700;'
  return `<tr><td style="${bold}padding:8px 8px 0 0;border-top:1px solid ${color.line}">${escapeHtml(label)}</td>${priceCell(price, bold)}</tr>`
}

function priceCell(price: string, style: string): string {
  return `<td style="${style}padding:8px 0;border-top:1px solid ${color.line};text-align:right;white-space:nowrap">${escapeHtml(price)}</td>`
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!)
}
