/** What a thrown value says, for a line that people read. A host with two addresses fails with an AggregateError whose own message is empty. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return thrown.errors.map(reasonOf).join(', ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same for whoever has to find the fault: with its stack, where there is one. */
export const stackOf = (thrown: unknown): string => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));

/** The code of an error of the system, the driver or a library, such as `ENOENT`; empty where it has none. */
export const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');
