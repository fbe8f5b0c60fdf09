/** What the codec reads of a FHIR R4 StructureDefinition with a snapshot. */
export interface FhirDefinition {
  /** equal to `type` but for constraints such as `SimpleQuantity` */
  readonly name: string
  readonly type: string
  readonly kind: string
  readonly abstract: boolean
  readonly snapshot: { readonly element: readonly FhirElement[] }
}

export interface FhirElement {
  readonly path: string
  /** cardinality where the element was first defined: decides whether JSON has a list */
  readonly base: { readonly max: string }
  readonly contentReference?: string
  readonly representation?: readonly string[]
  readonly type?: readonly { readonly code: string }[]
}

/** One element name as both formats have it; each type of a choice is a member of its own. */
export interface Member {
  readonly name: string
  /** place among its siblings in XML; the types of a choice share one */
  readonly order: number
  readonly isList: boolean
  readonly content:
    | { readonly kind: 'primitive'; readonly form: 'text' | 'number' | 'boolean' }
    | { readonly kind: 'complex'; readonly shape: () => Shape }
    | { readonly kind: 'resource' }
    | { readonly kind: 'xhtml' }
}

export interface Shape {
  /** members that are attributes in XML: `id` of elements, `url` of an extension */
  readonly attributes: ReadonlySet<string>
  readonly members: ReadonlyMap<string, Member>
}

export interface Shapes {
  /** @returns undefined where it is no resource type of the definitions */
  resource(type: string): Shape | undefined
  /** `id` and `extension`, as on every primitive */
  readonly element: Shape
}

const numbers = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])

/** Shapes are built when first asked for: most gateways never meet most types. */
export function shapesOf(definitions: readonly FhirDefinition[]): Shapes {
  const byType = new Map(definitions.filter(({ name, type }) => name === type).map(each => [each.type, each]))
  const built = new Map<string, Shape>()

  const shapeAt = (definition: FhirDefinition, path: string): Shape => {
    const known = built.get(path)
    if (known) return known
    const attributes = new Set<string>()
    const members = new Map<string, Member>()
    let order = 0
    for (const element of definition.snapshot.element) {
      const name = element.path.slice(path.length + 1)
      if (!element.path.startsWith(`${path}.`) || name.includes('.')) continue
      if (element.representation?.includes('xmlAttr')) attributes.add(name)
      else for (const member of membersOf(definition, element, name, order++)) members.set(member.name, member)
    }
    const shape = { attributes, members }
    built.set(path, shape)
    return shape
  }

  const membersOf = (definition: FhirDefinition, element: FhirElement, name: string, order: number): Member[] => {
    const isList = element.base.max !== '1'
    const { path, contentReference, type = [] } = element
    const nested = contentReference?.slice(1) ?? path
    if (contentReference || definition.snapshot.element.some(each => each.path.startsWith(`${path}.`)))
      return [{ name, order, isList, content: { kind: 'complex', shape: () => shapeAt(definition, nested) } }]
    if (!name.endsWith('[x]')) return [{ name, order, isList, content: contentOf(type[0]!.code) }]
    const stem = name.slice(0, -'[x]'.length)
    return type.map(({ code }) => {
      const choice = `${stem}${code[0]!.toUpperCase()}${code.slice(1)}`
      return { name: choice, order, isList, content: contentOf(code) }
    })
  }

  const contentOf = (code: string): Member['content'] => {
    // FHIRPath types stand for the ids of resources
    if (code.startsWith('http://hl7.org/fhirpath/')) return { kind: 'primitive', form: 'text' }
    if (code === 'xhtml') return { kind: 'xhtml' }
    const definition = byType.get(code)
    if (!definition) throw new TypeError(`No definition of type ${code}`)
    if (definition.kind === 'resource') return { kind: 'resource' }
    if (definition.kind !== 'primitive-type') return { kind: 'complex', shape: () => shapeAt(definition, code) }
    return { kind: 'primitive', form: code === 'boolean' ? 'boolean' : numbers.has(code) ? 'number' : 'text' }
  }

  const resource = (type: string): Shape | undefined => {
    const definition = byType.get(type)
    return definition?.kind === 'resource' && !definition.abstract ? shapeAt(definition, type) : undefined
  }
  return { resource, element: shapeAt(byType.get('Element')!, 'Element') }
}
