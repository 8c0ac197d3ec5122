/** One tenant of a server: it submits over as many connections as it is told, one request at a time on each. */
import { Agent, request as sendHttp } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerCalls } from '../harness/calls.ts'
import { Histogram } from '../harness/histogram.ts'

export interface TenantClientCalls {
  readonly open: (parameter: { url: string; key: string }) => Promise<void>
  /** Submits task after task on one connection, with short pauses. Latencies are in microseconds. */
  readonly latency: (parameter: { requests: number }) => Promise<{ p50: number; p99: number }>
  /** Submits on all connections from now on, as many tasks a request as told. */
  readonly load: (parameter: { connections: number; tasks: number }) => Promise<void>
  /** @returns requests a second since {@link load} */
  readonly stop: () => Promise<number>
}

const PAUSE_MS = 3
const agent = new Agent({ keepAlive: true })
let url = ''
let key = ''
let answered = 0
let begunAt = 0
let isLoading = false
let loading: Promise<unknown> = Promise.resolve()

answerCalls<TenantClientCalls>({
  open: async (parameter) => {
    url = parameter.url
    key = parameter.key
  },
  latency: async ({ requests }) => {
    const latencies = new Histogram()
    for (let index = 0; index < requests; index++) {
      const begun = performance.now()
      await submit(1)
      latencies.record((performance.now() - begun) * 1_000)
      await sleep(Math.random() * PAUSE_MS)
    }
    return { p50: latencies.quantile(0.5), p99: latencies.quantile(0.99) }
  },
  load: async ({ connections, tasks }) => {
    isLoading = true
    answered = 0
    begunAt = performance.now()
    loading = Promise.all(Array.from({ length: connections }, () => submitOn(tasks)))
  },
  stop: async () => {
    isLoading = false
    const rate = (answered / (performance.now() - begunAt)) * 1_000
    await loading
    return rate
  },
})

async function submitOn(tasks: number): Promise<void> {
  for (; isLoading; answered++) await submit(tasks)
}

function submit(count: number): Promise<void> {
  const task = { type: 'x', capabilities: ['none'], payload: 'x'.repeat(200) }
  const body = JSON.stringify(count === 1 ? task : { tasks: Array.from({ length: count }, () => task) })
  const path = `/v1/swarms/default/tasks${count === 1 ? '' : '/batch'}`
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = sendHttp(`${url}${path}`, { agent, method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 201) resolve()
        else reject(new Error(`a submit was answered ${response.statusCode}`))
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
