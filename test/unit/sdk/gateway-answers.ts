/** What gateways and proxies say in a server's place: none of it is the server's verdict. */
const BODIES: readonly (readonly [string, string])[] = [
  ['', ''],
  ['text/html', '<html><h1>502 Bad Gateway</h1></html>'],
  ['application/json', '{"message": "no healthy upstream"}'],
  ['application/json', '{"code": "task_not_found", "status": 404}'],
  ['application/json', '{"code": 16, "message": "unauthenticated", "details": []}'],
  ['application/json', '{"error": {"code": "unauthorized", "retryable": false}}'],
  ['application/problem+json', '{"type": "about:blank", "title": "Forbidden", "status": 403}'],
  [
    'application/problem+json',
    '{"type": "https://gateway.example/limit", "code": "forbidden", "status": 429}',
  ],
  ['application/problem+json', '{"type": "urn:amos:problem:forbidden", "code": "other", "status": 403}'],
  ['application/json', 'null'],
  ['application/json', '[]'],
  ['application/json', '"unavailable"'],
  ['application/json', '503'],
  ['application/json', '{"type": "urn:amos:problem:for'],
  ['text/plain', 'upstream connect error'],
]
const STATUSES = [400, 401, 403, 404, 408, 413, 421, 429, 500, 502, 503, 504, 520, 521, 522, 525, 530]

export interface GatewayAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Each body with several statuses, and each status with several bodies. */
export const GATEWAY_ANSWERS: readonly GatewayAnswer[] = STATUSES.flatMap((status, index) =>
  BODIES.filter((_, at) => (at + index) % 3 === 0).map(([type, body]) => ({ status, type, body })),
)

export function rawAnswer({ status, type, body }: GatewayAnswer): string {
  const length = Buffer.byteLength(body)
  return `HTTP/1.1 ${status} Answer\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`
}
