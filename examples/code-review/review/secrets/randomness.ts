/** Shannon entropy of the characters, in bits per character. */
export function entropyBits(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

const RANDOM_CHARS_MIN = 16
const ENTROPY_BITS_MIN = 3.2
/** A run of letters between two digits or changes of case in random text is short; in words it is long. */
const WORD_LETTERS_MIN = 5
const WORD_SHARE_MAX = 0.5

/**
 * True for text that looks drawn at random: long, many different characters, letters and digits mixed,
 * and not mostly made of words, as names, paths and sentences are.
 */
export function looksRandom(text: string): boolean {
  if (text.length < RANDOM_CHARS_MIN || !/^[\w+/=.~!@#$%^&*:-]+$/.test(text)) return false
  const digitCount = text.replace(/\D/g, '').length
  if (digitCount < 2 || !/[A-Za-z]/.test(text)) return false
  if (isCountable(text) || isWordList(text)) return false
  const wordLetters = (text.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? []).filter(
    ({ length }) => length >= WORD_LETTERS_MIN,
  )
  if (wordLetters.join('').length > text.length * WORD_SHARE_MAX) return false
  return entropyBits(text) >= ENTROPY_BITS_MIN
}

/** `cache-key-v-2`: words and small numbers between separators. */
function isWordList(text: string): boolean {
  const parts = text.split(/[-_./:]+/)
  return parts.length > 2 && parts.every((part) => /^(?:[A-Za-z]*|\d{1,4})$/.test(part))
}

/** Runs such as `abcdef`, `123456` or `0000`: people type those, generators do not. */
function isCountable(text: string): boolean {
  let longest = 1
  for (const step of [0, 1, -1]) {
    let run = 1
    for (let at = 1; at < text.length; at++) {
      run = text.charCodeAt(at) - text.charCodeAt(at - 1) === step ? run + 1 : 1
      longest = Math.max(longest, run)
    }
  }
  return longest >= 5
}
