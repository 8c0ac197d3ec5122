/** How the numbers of a model are written: IEEE 754, little-endian. */
export type NumberFormat = 'float32' | 'float64'

export function bytesOfNumbers(numbers: ArrayLike<number>, format: NumberFormat): Uint8Array<ArrayBuffer> {
  const array = format === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers)
  return new Uint8Array(array.buffer)
}

export function numbersOfBytes(bytes: ArrayBuffer, format: NumberFormat): Float64Array<ArrayBuffer> {
  return format === 'float64' ? new Float64Array(bytes) : Float64Array.from(new Float32Array(bytes))
}
