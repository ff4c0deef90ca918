import { isProblem } from '@kakilima/contracts/problems'
import { type ImageSizes, makeSizes } from './make-sizes.ts'

/** What this process answers to the bytes of an image: its sizes, why it cannot be used, or what went wrong here. */
export type ResizeReply = ImageSizes | { unfit: string } | { failure: string }

async function answer(bytes: Uint8Array): Promise<ResizeReply> {
  try {
    return await makeSizes(Buffer.from(bytes))
  } catch (error) {
    if (isProblem(error, 'unfit-image')) return { unfit: error.message }
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

// It ends with the service that started it, and not before, though what stops the service may reach both.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())
process.on('message', (bytes: Uint8Array) => void answer(bytes).then((reply) => process.send!(reply)))
process.send!('ready')
