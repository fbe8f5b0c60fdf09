/** What the token endpoint says of itself; the documents are the authenticate station's. */
export { authorizationServerMetadata, smartConfiguration } from '../../authenticate/discovery.ts'
