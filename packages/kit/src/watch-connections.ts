import pg from 'pg'

export type ConnectionWatchOptions = {
  /** Opens one more connection to the same server, outside the pool. */
  openProbe: () => pg.Client
  /** How long a statement may say nothing before its connection is looked at. */
  silentMs?: number
  /** How long the question after them may take. */
  answerMs?: number
  /** How long a statement may take by all means. Longer than the server lets it take. */
  longestMs: number
  /** Told of connections that were ended. */
  onLost: (error: Error) => void
}

/** What `pg` has and its types lack: the socket, and the process of the server at its other end. */
type OpenClient = pg.Client & { connection: { stream: { destroy: (error: Error) => void } }; processID: number | null }

/**
 * Ends connections of a pool whose other end is gone without a word (a cable pulled, a firewall that forgot them, a host that died): their
 * statements would wait for a quarter of an hour, and whoever gets them from the pool after that as well. A statement may be slow, so a
 * silent one is asked after over a new connection: where the server is not at work for it, or cannot be reached at all, its connection is
 * ended. The statement fails as on any broken connection, and the pool opens another.
 */
export function watchConnections(
  pool: pg.Pool,
  { openProbe, silentMs = 2000, answerMs = 5000, longestMs, onLost }: ConnectionWatchOptions,
): void {
  /** Since when statements wait for their answer. */
  const waiting = new Map<OpenClient, number>()
  let timer: NodeJS.Timeout | undefined

  pool.on('connect', (client) => noteStatements(client as unknown as OpenClient))
  pool.on('remove', (client) => waiting.delete(client as unknown as OpenClient))

  function noteStatements(client: OpenClient): void {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    const noted = (...args: unknown[]) => {
      const result = query(...args)
      if (result instanceof Promise) {
        waiting.set(client, performance.now())
        const answered = () => void waiting.delete(client)
        result.then(answered, answered)
        timer ??= setTimeout(() => void look(), silentMs / 2).unref()
      }
      return result
    }
    client.query = noted as OpenClient['query']
  }

  async function look(): Promise<void> {
    const silent = longerThan(silentMs)
    if (silent.length > 0) {
      // Who got an answer meanwhile is not lost.
      for (const client of await findLost(silent)) if (isStillSilent(client)) end(client)
    }
    for (const client of longerThan(longestMs)) end(client)
    timer = waiting.size === 0 ? undefined : setTimeout(() => void look(), silentMs / 2).unref()
  }

  const longerThan = (ms: number) =>
    [...waiting].filter(([, since]) => performance.now() - since > ms).map(([client]) => client)
  const isStillSilent = (client: OpenClient) => performance.now() - (waiting.get(client) ?? Infinity) > silentMs

  function end(client: OpenClient): void {
    waiting.delete(client)
    const error = new Error('Connection terminated: the database did not answer')
    client.connection.stream.destroy(error)
    onLost(error)
  }

  /** Those for whom the server does nothing, or all of them where it cannot be reached. */
  async function findLost(silent: OpenClient[]): Promise<OpenClient[]> {
    const probe = openProbe()
    // Told by whatever is waited for below.
    probe.on('error', () => undefined)
    try {
      await probe.connect()
      // One that rests has answered or was never asked. One that is not there at all may be behind a pooler, which numbers its own.
      const question: pg.QueryConfig & { query_timeout: number } = {
        text: `
          select pid from pg_stat_activity where pid = any($1) and state like 'idle%'
            and state_change < clock_timestamp() - interval '1 second'`,
        values: [silent.map((client) => client.processID)],
        // By this client's own clock. Its connection is ended below, so nobody meets a late answer.
        query_timeout: answerMs,
      }
      const { rows } = await probe.query<{ pid: number }>(question)
      const resting = new Set(rows.map((row) => row.pid))
      return silent.filter((client) => resting.has(client.processID!))
    } catch (error) {
      // An answer is an answer: it has too many connections, starts or stops. Then it tells the others itself.
      return error instanceof pg.DatabaseError ? [] : silent
    } finally {
      void probe.end()
    }
  }
}
