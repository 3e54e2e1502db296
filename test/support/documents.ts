import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A block of code in a document of the clients. */
export interface Block {
  /** The heading above it. */
  readonly heading: string;
  /** The line of text just above it, without its marks. */
  readonly label: string;
  readonly language: string;
  readonly code: string;
}

/** One of the documents that the clients were written by, as it was printed. */
export class ClientDocument {
  private readonly blocks: Block[] = [];

  constructor(name: string) {
    const text = readFileSync(join(import.meta.dirname, '../fixtures/documents', `${name}.txt`), 'utf8');
    let heading = '';
    let label = '';
    let open: { readonly language: string; readonly lines: string[] } | undefined;
    for (const line of text.split(/\r?\n/)) {
      if (open && line.startsWith('```')) {
        this.blocks.push({ heading, label, language: open.language, code: open.lines.join('\n') });
        open = undefined;
      } else if (open) {
        open.lines.push(line);
      } else if (line.startsWith('```')) {
        open = { language: line.slice(3), lines: [] };
      } else if (line.startsWith('#')) {
        heading = line.replace(/^#+\s*/, '');
      } else if (line.trim() !== '') {
        label = line.replaceAll('*', '').replace(/:$/, '');
      }
    }
  }

  /**
   * The code of the one block under a heading, in a language, below a label.
   * @throws Error where there is none, or another beside it
   */
  code(heading: string, language: string, label?: string): string {
    const found = this.blocks.filter(
      (block) => block.heading === heading && block.language === language && (label === undefined || block.label === label),
    );
    const [block] = found;
    if (!block || found.length > 1)
      throw new Error(`${found.length} blocks of ${language} under «${heading}», ${label ?? 'any label'}`);
    return block.code;
  }

  /** The same, as the JSON that it is. */
  json(heading: string, label?: string): unknown {
    return JSON.parse(this.code(heading, 'json', label));
  }
}
