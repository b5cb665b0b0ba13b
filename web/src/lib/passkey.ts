/** Passkeys as the server speaks of them: every part is base64url. */
export type Question = {
  challenge: string
  service: string
  holder?: string | null
  known?: readonly string[]
}

export function canUsePasskeys(): boolean {
  return typeof window !== 'undefined' && 'PublicKeyCredential' in window && !!navigator.credentials
}

export function textOf(bytes: ArrayBuffer | null | undefined): string {
  const letters = [...new Uint8Array(bytes ?? new ArrayBuffer(0))].map((byte) => String.fromCharCode(byte))
  return btoa(letters.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

/** How long the person may take, in milliseconds: as long as the server keeps the question. */
const patience = 5 * 60_000

/** The kinds of key the server takes: ES256, EdDSA, RS256. */
const kinds = [-7, -8, -257]

/** Has the device make a passkey; null if the person would rather not. */
export async function makePasskey(question: Question, name: string) {
  const made = await navigator.credentials
    .create({
      publicKey: {
        challenge: bytesOf(question.challenge),
        rp: { id: question.service, name: 'One Point Ledger' },
        user: { id: bytesOf(question.holder ?? ''), name, displayName: name },
        pubKeyCredParams: kinds.map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
        excludeCredentials: (question.known ?? []).map((id) => ({ type: 'public-key', id: bytesOf(id) })),
        timeout: patience,
      },
    })
    .catch(() => null)
  if (!(made instanceof PublicKeyCredential)) return null
  const response = made.response as AuthenticatorAttestationResponse
  return {
    challenge: question.challenge,
    clientData: textOf(response.clientDataJSON),
    attestation: textOf(response.attestationObject),
  }
}

/** Has the device use a passkey; null if the person would rather not. */
export async function askPasskey(question: Question) {
  const used = await navigator.credentials
    .get({
      publicKey: {
        challenge: bytesOf(question.challenge),
        rpId: question.service,
        userVerification: 'required',
        timeout: patience,
      },
    })
    .catch(() => null)
  if (!(used instanceof PublicKeyCredential)) return null
  const response = used.response as AuthenticatorAssertionResponse
  return {
    challenge: question.challenge,
    id: textOf(used.rawId),
    clientData: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
  }
}
