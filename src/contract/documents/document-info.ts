/** Version of the wire contract, in both documents. */
export const CONTRACT_VERSION = '0.1.0'

export const LICENSE = { name: 'MIT', url: 'https://opensource.org/license/mit' }
