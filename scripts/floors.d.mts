interface Reason {
  readonly package: string;
  readonly because: string;
}
export interface Rules {
  readonly floors: readonly (Reason & { readonly atLeast: string })[];
  readonly single: readonly Reason[];
  readonly exact: readonly Reason[];
}
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}
export function faultsOf(
  rules: Rules,
  lock: Lock,
  manifest: { readonly dependencies?: Readonly<Record<string, string>> },
): string[];
