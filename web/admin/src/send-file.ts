import { ProblemError } from '@kakilima/ui/http'
import { noticingTheEnd } from './desk-api.ts'

type SendOptions = {
  method?: 'POST' | 'PUT'
  /** What it is; by its own word unless given. */
  type?: string
  /** Told how many bytes are on their way, and how many there are. */
  onSent?: (sent: number, all: number) => void
  /** Told the answer as far as it has come, for answers that come while the work is done. */
  onText?: (text: string) => void
  signal?: AbortSignal
}

/**
 * Sends a file to the API of the shop and returns the text of the answer. Unlike `fetch` it tells how far the sending is. Throws
 * `ProblemError` as `read` does, and an `AbortError` where `signal` ended it.
 */
export function sendFile(path: string, file: Blob, options: SendOptions = {}): Promise<string> {
  return noticingTheEnd(send(`/api/v1${path}`, file, options))
}

function send(
  path: string,
  file: Blob,
  { method = 'POST', type = file.type, onSent, onText, signal }: SendOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, path)
    request.setRequestHeader('content-type', type)
    const isFine = () => request.status >= 200 && request.status < 300
    request.upload.addEventListener('progress', ({ loaded, total }) => onSent?.(loaded, total))
    request.addEventListener('progress', () => isFine() && onText?.(request.responseText))
    request.addEventListener('load', () => (isFine() ? resolve(request.responseText) : reject(problemOf(request))))
    request.addEventListener('error', () =>
      reject(new ProblemError('offline', 0, 'The shop cannot be reached, or it broke off')),
    )
    request.addEventListener('abort', () => reject(new DOMException('Ended by the reader', 'AbortError')))
    signal?.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function problemOf({ status, responseText }: XMLHttpRequest): ProblemError {
  try {
    const { type, detail, ...extensions } = JSON.parse(responseText) as { type: string; detail: string }
    return new ProblemError(type.replace('/problems/', ''), status, detail, extensions)
  } catch {
    // Not from the shop but from something on the way to it. The status is all there is.
    return new ProblemError(status === 413 ? 'payload-too-large' : 'unknown', status, `The shop answered ${status}`)
  }
}
