import type { RunningQuery } from '../../gql/graphql'
import type { Catalogue } from '../../i18n/en'

/** What wants attention, in the order of how bad it is. */
export function alarmsOf(words: Pick<Catalogue, 'running'>, running: RunningQuery['running']): string[] {
  const { alarms } = words.running
  const { signing, banks, log } = running
  const found: string[] = []
  if (signing.contradicted) found.push(alarms.contradicted)
  if (running.unlawfulCalls > 0) found.push(alarms.unlawful(running.unlawfulCalls))
  if (running.passwordWave) found.push(alarms.wave)
  for (const { name, state } of log.projections) if (state === 'FAILED') found.push(alarms.failed(name))
  for (const { bankId, ready, heldBack, certificateRevokedAt, bankCertificate } of banks) {
    if (!ready) found.push(alarms.bank(bankId))
    else if (heldBack.length > 0) found.push(alarms.held(bankId))
    if (certificateRevokedAt) found.push(alarms.ownRevoked(bankId))
    if (bankCertificate === 'revoked') found.push(alarms.bankRevoked(bankId))
    else if (bankCertificate) found.push(alarms.bankUnknown(bankId))
  }
  if (!signing.quorumMet) found.push(alarms.witnesses(signing.witnesses, signing.witnessesKnown))
  return found
}
