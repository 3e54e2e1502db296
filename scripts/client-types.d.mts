export function typesOf(url: string): Promise<Readonly<Record<string, string>>>;
