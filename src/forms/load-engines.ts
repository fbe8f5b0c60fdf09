import type { Engines, FhirPath, Ucum } from './engines.ts'

/** Loads FHIRPath and UCUM, once. Takes about 150 ms and 30 MB the first time, so nobody loads them who has no use for them. */
export function loadEngines(): Promise<Engines> {
  loading ??= load()
  return loading
}

let loading: Promise<Engines> | undefined

async function load(): Promise<Engines> {
  const [fhirPath, ucum] = await Promise.all([loadFhirPath(), loadUcum()])
  return { fhirPath, ucum }
}

async function loadFhirPath(): Promise<FhirPath> {
  const [{ default: fhirpath }, { default: r4 }, { patternFunctions }] = await Promise.all([
    import('fhirpath'),
    import('fhirpath/fhir-context/r4'),
    import('./pattern-functions.ts')
  ])
  return {
    compile: (expression, type) => {
      const path = type === undefined ? expression : { base: type, expression }
      let compiled: ReturnType<typeof fhirpath.compile>
      try {
        compiled = fhirpath.compile(path, r4, {
          userInvocationTable: patternFunctions,
          async: false,
          // `trace()` would print answers
          traceFn: () => undefined
        })
      } catch (cause) {
        throw new SyntaxError('no FHIRPath expression', { cause })
      }
      return (context, environment) => (compiled as (c: unknown, e: object) => unknown[])(context, environment)
    }
  }
}

async function loadUcum(): Promise<Ucum> {
  const { default: ucum } = await import('@lhncbc/ucum-lhc')
  const utils = ucum.UcumLhcUtils.getInstance()
  const isUnit = (code: string) => utils.validateUnitString(code).status === 'valid'
  return {
    isUnit,
    convert: (value, from, to) => {
      // the library corrects what it does not know, with a note; a unit that needs correction is none
      if (!isUnit(from) || !isUnit(to)) return undefined
      const { status, toVal } = utils.convertUnitTo(from, value, to)
      return status === 'succeeded' && typeof toVal === 'number' ? toVal : undefined
    }
  }
}
