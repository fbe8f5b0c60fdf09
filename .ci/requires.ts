/** Says in words what is wrong where the pinned Node is missing, instead of a syntax error somewhere later. */
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `Node ${process.versions.node} cannot run this: 24.12 or newer is needed. npm ci installs it; start things by npm run.\n`
  )
  process.exit(1)
}
