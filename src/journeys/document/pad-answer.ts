/** Padding to 4 KiB steps for answers to recipients: one rule for documents and searches. */
export { pad } from '../../view/pad.ts'
