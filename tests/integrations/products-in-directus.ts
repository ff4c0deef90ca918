import { inject } from 'vitest'
import { askDirectus } from './directus.ts'

/** What Directus holds of a product, or undefined. */
export async function heldProduct(id: number): Promise<Record<string, unknown> | undefined> {
  const { body } = await askDirectus(inject('directus').asAdmin, 'GET', `/items/products?filter[id][_eq]=${id}`)
  return body.data[0]
}

export async function emptyDirectus(): Promise<void> {
  await askDirectus(inject('directus').asAdmin, 'DELETE', '/items/products', { query: { limit: -1 } })
}

/** Runs something while Directus stands still: it takes connections and answers nothing. */
export async function whileDirectusHangs<T>(run: () => Promise<T>): Promise<T> {
  const { pid } = inject('directus')
  process.kill(pid, 'SIGSTOP')
  try {
    return await run()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

/** Runs something while the collection lacks fields, as one that an owner made by hand may. */
export async function withoutFields<T>(fields: string[], run: () => Promise<T>): Promise<T> {
  const { asAdmin } = inject('directus')
  const whole = await Promise.all(fields.map((field) => askDirectus(asAdmin, 'GET', `/fields/products/${field}`)))
  for (const field of fields) await askDirectus(asAdmin, 'DELETE', `/fields/products/${field}`)
  try {
    return await run()
  } finally {
    for (const { body } of whole)
      await askDirectus(asAdmin, 'POST', '/fields/products', { field: body.data.field, type: body.data.type })
  }
}
