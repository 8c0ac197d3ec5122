import { crc32 } from 'node:zlib'

/**
 * The checksum that a stored record or event carries: CRC-32 over its name and its content, so that content found under
 * another name does not pass either. Detects every change of up to 32 neighbouring bits; no protection against forgery.
 */
export function checksumOf(name: string, content: string | Uint8Array): number {
  return crc32(content, crc32(name))
}
