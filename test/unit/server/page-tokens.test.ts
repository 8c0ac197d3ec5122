import { describe, expect, it } from 'vitest'
import { PageTokens } from '#server/paging/page-tokens.ts'

const LIST = ['tasks', 'acme', 'default', undefined, 'queued']

describe('PageTokens', () => {
  const tokens = new PageTokens(() => 'a secret')

  it('redeems a token for the place it was issued for, on any node with the same secret', () => {
    const token = tokens.issue('place-1', LIST)
    expect(new PageTokens(() => 'a secret').redeem(token, [...LIST])).toBe('place-1')
  })

  it('starts at the beginning without a token', () => {
    expect(tokens.redeem(undefined, LIST)).toBeUndefined()
  })

  it('refuses a token for another tenant, another filter or under another secret', () => {
    const token = tokens.issue('place-1', LIST)
    const others = [
      () => tokens.redeem(token, ['tasks', 'evil', 'default', undefined, 'queued']),
      () => tokens.redeem(token, ['tasks', 'acme', 'default', 'queued', undefined]),
      () => new PageTokens(() => 'another').redeem(token, LIST),
    ]
    for (const redeem of others) {
      expect(redeem).toThrow(expect.objectContaining({ code: 'page_token_invalid' }))
    }
  })

  it('refuses every token with a bit changed', () => {
    const bytes = Buffer.from(tokens.issue('place-1', LIST), 'base64url')
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(() => tokens.redeem(changed.toString('base64url'), LIST)).toThrow(
        expect.objectContaining({ code: 'page_token_invalid' }),
      )
    }
  })
})
