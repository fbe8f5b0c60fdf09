import type { Partner, Represented } from '../../document/partner.ts'
import type { Configuration } from './write-partner.ts'

/** A client as its file would say it now (contract §2), with what the gateway gave it. All of it is public. */
export function partnerFile(partner: Partner) {
  const { clientId, party, role, organization, organizationName, organizationIdentifier, disabled, ...others } = partner
  return {
    clientId,
    party: `PractitionerRole/${party}`,
    disabled,
    role,
    organization: {
      name: organizationName,
      identifier: organizationIdentifier,
      reference: `Organization/${organization}`
    },
    ...configurationFile(others)
  }
}

/** The part of it that may be changed. */
export function configurationFile(configuration: Configuration & Pick<Partner, 'onBehalfOf'>) {
  const { scope, purposes, jwks, jwksUri, signingKeys, dpop, certificateThumbprint, ...others } = configuration
  const { webhook, handlingRules, onBehalfOf = [] } = others
  return {
    ...(jwksUri === undefined ? { jwks } : { jwksUri }),
    signingKeys,
    scope: scope.join(' '),
    purposes: [...purposes],
    ...(dpop && { dpop }),
    ...(certificateThumbprint !== undefined && { certificateThumbprint }),
    ...(webhook !== undefined && { webhook }),
    ...(handlingRules && { handlingRules: { ...handlingRules } }),
    ...(onBehalfOf.length > 0 && { onBehalfOf: onBehalfOf.map(named) })
  }
}

function named({ organization, handlingRules }: Represented) {
  const reference = `Organization/${organization}`
  return handlingRules === undefined ? reference : { reference, handlingRules }
}
