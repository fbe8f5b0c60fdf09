/** The part of the package that we use; it has no types of its own. */
declare module '@lhncbc/ucum-lhc' {
  interface UcumLhcUtils {
    validateUnitString(code: string): { readonly status: 'valid' | 'invalid' | 'error' }
    convertUnitTo(from: string, value: number, to: string): { readonly status: string; readonly toVal: number | null }
  }
  const ucum: { readonly UcumLhcUtils: { getInstance(): UcumLhcUtils } }
  export default ucum
}
