import type { QueryClient } from '@tanstack/react-query'
import { topics } from '../queries/options'

const gatherFor = 250

/** Listens for what changed on the server and asks again for exactly that. Returns how to stop. */
export function listen(client: QueryClient): () => void {
  const source = new EventSource('/events')
  const waiting = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let opened = false

  const flush = () => {
    timer = undefined
    for (const topic of waiting) client.invalidateQueries({ queryKey: [topic] })
    waiting.clear()
  }
  const add = (names: readonly string[]) => {
    for (const name of names) waiting.add(name)
    timer ??= setTimeout(flush, gatherFor)
  }

  source.onopen = () => {
    // After a break some messages are lost: ask for everything on screen once.
    if (opened) add(Object.values(topics).flat())
    opened = true
  }
  source.onmessage = (message) => {
    const topic = topicOf(String(message.data))
    if (topic) add(topics[topic])
  }
  return () => {
    clearTimeout(timer)
    source.close()
  }
}

export function topicOf(data: string): keyof typeof topics | null {
  try {
    const { topic } = JSON.parse(data)
    return topic in topics ? topic : null
  } catch {
    return null
  }
}
