import type { Severity } from '../finding.ts'
import { entropyBits } from './randomness.ts'

export interface CredentialFormat {
  readonly label: string
  readonly severity: Severity
  /** Global; the whole match is the credential. */
  readonly pattern: RegExp
  isGenuine?(match: string): boolean
}

/** Formats that issuers published so that leaks can be found; a match is hardly ever something else. */
export const CREDENTIAL_FORMATS: readonly CredentialFormat[] = [
  {
    label: 'AWS access key id',
    severity: 'high',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  },
  { label: 'GitHub token', severity: 'high', pattern: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}/g },
  {
    label: 'GitHub token',
    severity: 'high',
    pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/g,
  },
  { label: 'GitLab token', severity: 'high', pattern: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}/g },
  {
    label: 'Slack token',
    severity: 'high',
    pattern: /(?<![A-Za-z0-9])xox[abposr]-[0-9]{8,}-[A-Za-z0-9-]{10,}/g,
  },
  {
    label: 'Slack webhook',
    severity: 'high',
    pattern: /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]{6,}\/B[A-Z0-9]{6,}\/[A-Za-z0-9]{20,}/g,
  },
  { label: 'Stripe live key', severity: 'high', pattern: /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{20,}/g },
  { label: 'npm token', severity: 'high', pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g },
  { label: 'Google API key', severity: 'high', pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g },
  { label: 'SendGrid key', severity: 'high', pattern: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g },
  { label: 'OpenAI key', severity: 'high', pattern: /(?<![\w-])sk-(?:proj-)?[\w-]{16,}T3BlbkFJ[\w-]{16,}/g },
  { label: 'Anthropic key', severity: 'high', pattern: /(?<![\w-])sk-ant-[a-z]+\d\d-[\w-]{80,}/g },
  {
    label: 'JSON Web Token',
    severity: 'medium',
    pattern: /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/g,
    isGenuine: hasTokenHeader,
  },
]

const ENTROPY_BITS_MIN = 3

/** True unless the match is filler (`ghp_xxxxxxxx…`) or fails what its format demands inside. */
export function isGenuine(format: CredentialFormat, match: string): boolean {
  if (entropyBits(match.slice(4)) < ENTROPY_BITS_MIN) return false
  return format.isGenuine?.(match) ?? true
}

function hasTokenHeader(token: string): boolean {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.split('.', 1).join(''), 'base64url').toString('utf8'),
    )
    return typeof header === 'object' && header !== null && 'alg' in header
  } catch {
    return false
  }
}
