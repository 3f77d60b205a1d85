/** A record that is no event of the contract; it is dead-lettered at once, without a retry. */
export class UnparseableEvent extends Error {
  override readonly name = 'UnparseableEvent';
}
