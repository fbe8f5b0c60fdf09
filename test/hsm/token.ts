import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPlace } from '../../src/adapters/pkcs11/key-place.ts'

export const softHsm = '/usr/lib/softhsm/libsofthsm2.so'
const pin = '4711'

/** A SoftHSM of this process alone, in a folder of its own; the module reads `SOFTHSM2_CONF` when it is loaded. */
export class TestToken {
  readonly folder = mkdtempSync(join(tmpdir(), 'ryoritsu-hsm-'))
  readonly tokens = join(this.folder, 'tokens')
  readonly label: string
  readonly pinFile = join(this.folder, 'pin')

  constructor(label = 'ryoritsu') {
    this.label = label
    mkdirSync(this.tokens)
    const conf = join(this.folder, 'softhsm2.conf')
    writeFileSync(conf, `directories.tokendir = ${this.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
    process.env.SOFTHSM2_CONF = conf
    this.initialise()
    this.writePin(pin)
  }

  initialise(): void {
    run('softhsm2-util', ['--init-token', '--free', '--label', this.label, '--pin', pin, '--so-pin', '0815'])
  }

  writePin(text: string, mode = 0o600): void {
    writeFileSync(this.pinFile, `${text}\n`)
    chmodSync(this.pinFile, mode)
  }

  rightPin(): void {
    this.writePin(pin)
  }

  /** @param type as `pkcs11-tool` names it, e.g. `EC:prime256v1` */
  generate(type: string, label: string, id: string): KeyPlace {
    this.#tool(['--keypairgen', '--key-type', type, '--label', label, '--id', id])
    return this.place(label)
  }

  /** Leaves the private key and a certificate for it, as cards have it. */
  replacePublicKey(label: string, id: string, certificate: Uint8Array): void {
    const file = join(this.folder, 'certificate.der')
    writeFileSync(file, certificate)
    this.#tool(['--delete-object', '--type', 'pubkey', '--label', label])
    this.#tool(['--write-object', file, '--type', 'cert', '--label', label, '--id', id])
  }

  place(label: string, more: Partial<KeyPlace> = {}): KeyPlace {
    return { module: softHsm, token: this.label, label, pinFile: this.pinFile, ...more }
  }

  #tool(what: readonly string[]): void {
    run('pkcs11-tool', ['--module', softHsm, '--token-label', this.label, '--login', '--pin', pin, ...what])
  }

  get isEmpty(): boolean {
    return readdirSync(this.tokens).length === 0
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function run(command: string, given: readonly string[]): void {
  execFileSync(command, given, { stdio: ['ignore', 'ignore', 'pipe'] })
}
