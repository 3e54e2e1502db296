/** What a thrown value says, for a line that people read. A host with two addresses fails with an AggregateError whose own message is empty. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return thrown.errors.map(reasonOf).join(', ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}
