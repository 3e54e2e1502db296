/** UTC in whole seconds, as every protocol shows times: `2024-02-11T00:00:00Z`. */
export const printTime = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
