import { Refusal } from '../outcome/refusal.ts'
import { open, SealError, seal } from '../standards/aead.ts'
import type { Master, Masters, Working } from './ports.ts'

type Wrap = Working['keyWrap']

/** A key is wrapped by a master that is not at hand: whatever it seals cannot be opened before the master is there again. */
export class MasterKeyMissing extends Refusal {
  constructor() {
    super('store-unavailable', { cause: 'the master key of a wrap is not at hand', retryAfterSeconds: 1 })
    this.name = 'MasterKeyMissing'
  }
}

/** What wraps said before masters had names: they are under the one that was there then. */
export const namelessMaster = 'master'

/** What a wrap names as its parent. */
export const parentOf = ({ name }: Pick<Master, 'name'>): string => `${namelessMaster}/${name}`

export const isUnderMaster = ({ parent }: Pick<Wrap, 'parent'>): boolean =>
  parent === namelessMaster || parent.startsWith(`${namelessMaster}/`)

/** Wraps and opens with the master keys at hand (design §6), of which there are two while one is changed. */
export class MasterRing {
  readonly #masters: Masters
  readonly #random: (size: number) => Uint8Array

  constructor(masters: Masters, random: (size: number) => Uint8Array) {
    if (masters.all().some(({ key }) => key.length !== 32)) throw new TypeError('a master key has 32 bytes')
    this.#masters = masters
    this.#random = random
  }

  wrap(id: string, key: Uint8Array): Wrap {
    const [current] = this.#masters.all()
    if (!current) throw new MasterKeyMissing()
    const parent = parentOf(current)
    return { id, parent, wrapped: seal(current.key, wrapContext(id, parent), key, this.#random(12)) }
  }

  /** @returns undefined where its master is not at hand, after it was looked for */
  open(wrap: Wrap): Uint8Array | undefined {
    const found = this.#open(wrap)
    return found ?? (this.#masters.lookAgain() ? this.#open(wrap) : undefined)
  }

  /** @throws MasterKeyMissing where no other master than its own is there to wrap it */
  rewrap(wrap: Wrap): Wrap {
    const key = this.open(wrap)
    const isSame = () => this.#masters.all().slice(0, 1).map(parentOf).includes(wrap.parent)
    if (!key || (isSame() && (!this.#masters.lookAgain() || isSame()))) throw new MasterKeyMissing()
    return this.wrap(wrap.id, key)
  }

  #open({ id, parent, wrapped }: Wrap): Uint8Array | undefined {
    const context = wrapContext(id, parent)
    if (parent === namelessMaster) return this.#openNameless(context, wrapped)
    const master = this.#masters.all().find(each => parentOf(each) === parent)
    return master && open(master.key, context, wrapped)
  }

  #openNameless(context: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
    for (const { key } of this.#masters.all()) {
      try {
        return open(key, context, wrapped)
      } catch (error) {
        if (!(error instanceof SealError)) throw error
      }
    }
    return undefined
  }
}

/** What a wrapped key is bound to: the place that it has. */
export const wrapContext = (id: string, parent: string) => Buffer.from(`wrap|${parent}|${id}`)
