import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mask } from '../../../examples/code-review/review/secrets/placeholders.ts'
import { looksRandom } from '../../../examples/code-review/review/secrets/randomness.ts'
import { places, review } from './review-tree.ts'

/** Put together at run time, so that this file itself holds nothing that looks like a credential. */
const RANDOM = 'q7Rk2ZpX9vLd4Tn8Wb3Jf6Hs5Yc1Mg0Qa2Ue'
const AWS_KEY = ['AKIA', 'Q3ZX7KPL2MVR6TWY'].join('')
const GITHUB_TOKEN = ['ghp', RANDOM].join('_')
const SLACK_TOKEN = ['xoxb', '123456789012', 'a8Zk2LqPx9Vt4Rn7'].join('-')
const STRIPE_KEY = ['sk', 'live', RANDOM.slice(0, 24)].join('_')
const JWT = [
  { alg: 'HS256', typ: 'JWT' },
  { sub: 'u-4821', iat: 1700000000 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('k7Jd2mQx9vRt4Lp8Wn3Zb6Hs5Yc1Fg0A')
  .join('.')

const KEY_HEADER = ['-----BEGIN', 'PRIVATE', 'KEY-----'].join(' ')

function pem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

describe('the secrets review', () => {
  it.each([
    ['AWS access key id', AWS_KEY],
    ['GitHub token', GITHUB_TOKEN],
    ['Slack token', SLACK_TOKEN],
    ['Stripe live key', STRIPE_KEY],
    ['JSON Web Token', JWT],
  ])('finds a %s and masks it', async (label, secret) => {
    const found = await review('secrets', {
      'src/a.js': `\nconst value = '${secret}'\n`,
      'src/clean.js': 'const value = 1\n',
    })
    expect(places(found)).toEqual(['leaked_credential src/a.js:2'])
    expect(found[0]?.message).toContain(label)
    expect(JSON.stringify(found)).not.toContain(secret)
    expect(found[0]?.evidence).toContain(secret.slice(0, 4))
  })

  it('finds a private key, in a file of its own and inside source', async () => {
    const key = pem()
    const found = await review('secrets', {
      'key.pem': key,
      'src/a.ts': `const key = ${JSON.stringify(key)}\n`,
      'src/header.ts': `if (text.startsWith('${KEY_HEADER}')) throw new Error('keep your keys to yourself')\n`,
    })
    expect(places(found)).toEqual(['private_key key.pem:1', 'private_key src/a.ts:1'])
  })

  it('finds a random value that is assigned to the name of a secret', async () => {
    const found = await review('secrets', {
      'a.ts': `export const apiKey = '${RANDOM}'\n`,
      'b.json': `{\n  "client_secret": "${RANDOM}"\n}\n`,
      'c.py': `\nDB_PASSWORD = "${RANDOM}"\n`,
      '.env': `NAME=x\nAUTH_TOKEN=${RANDOM}\n`,
      'd.yml': `password: ${RANDOM}\n`,
    })
    expect(places(found)).toEqual([
      'secret_assignment .env:2',
      'secret_assignment a.ts:1',
      'secret_assignment b.json:2',
      'secret_assignment c.py:2',
      'secret_assignment d.yml:1',
    ])
  })

  it('finds a password inside a URL', async () => {
    const found = await review('secrets', {
      'a.yml': `url: postgres://app:${RANDOM.slice(0, 12)}@db.acme.io/main\n`,
    })
    expect(places(found)).toEqual(['url_password a.yml:1'])
    expect(found[0]?.message).toContain('db.acme.io')
  })

  it('leaves placeholders, templates, digests and ordinary words alone', async () => {
    const found = await review('secrets', {
      'a.ts': [
        `const key = '${['AKIA', 'IOSFODNN7', 'EXAMPLE'].join('')}'`,
        `const token = '${['ghp', 'x'.repeat(36)].join('_')}'`,
        "const password = 'correct-horse-battery'",
        "const apiKey = 'your-api-key-goes-here-12'",
        "const secret = '${process.env.SECRET_12345678}'",
        "const tokenType = 'urn:ietf:params:oauth:token-type:jwt1a2b3c4d'",
        "const secretName = 'kubernetes/production/database-primary'",
        "const passwordField = 'userAccountPasswordConfirmation2'",
        "const token = readToken('1a2b3c4d5e6f7a8b')",
        `const integrityToken = 'sha512-${RANDOM}'`,
        "const accessKey = '0123456789abcdef0123456789abcdef'",
        "const db = 'postgres://postgres:postgres@localhost:5432/app'",
        "const other = 'https://user:password@example.com/'",
      ].join('\n'),
      'config.yml': 'secret: ${APP_SECRET_NAME_2024}\ntoken: {{ .Values.token1234567890 }}\n',
    })
    expect(found).toEqual([])
  })

  it('weighs tests and documentation less', async () => {
    const text = `const k = '${GITHUB_TOKEN}'\n`
    const found = await review('secrets', { 'src/a.js': text, 'test/a.js': text, 'README.md': text })
    expect(found.map(({ path, severity }) => [path, severity])).toEqual([
      ['README.md', 'low'],
      ['src/a.js', 'high'],
      ['test/a.js', 'low'],
    ])
  })

  it('reports one value once, by the rule that knows most about it', async () => {
    const found = await review('secrets', { 'a.js': `const token = '${GITHUB_TOKEN}'\n` })
    expect(places(found)).toEqual(['leaked_credential a.js:1'])
  })

  it('finishes at once on long lines made to slow patterns down', async () => {
    const started = performance.now()
    await review('secrets', {
      'a.txt': 'token.'.repeat(20_000),
      'b.txt': `${KEY_HEADER}${'A: \n'.repeat(20_000)}`,
      'c.txt': 'x://a:'.repeat(20_000),
      'd.txt': '_-'.repeat(50_000),
    })
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('looksRandom', () => {
  it.each([RANDOM, '9f86d081884c7d659a2feaa0c55ad015', 'Zm9v8Kd2Lq7Rt4Xc1Vb6Nm3='])(
    'is true of %s',
    (text) => {
      expect(looksRandom(text)).toBe(true)
    },
  )

  it.each([
    'short1a',
    'authenticationRequired401',
    'aaaaaaaaaaaaaaaa11',
    '1234567890123456',
    'some-kebab-case-name-22',
    'two words 1234567890',
  ])('is false of %s', (text) => {
    expect(looksRandom(text)).toBe(false)
  })
})

describe('mask', () => {
  it('never shows more than six characters', () => {
    expect(mask('abcdefghijklmnop')).toBe('abcd…op (16 characters)')
    expect(mask('abcdefgh')).toBe('… (8 characters)')
  })
})
