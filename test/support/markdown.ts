import { resolveConfig, format } from 'prettier';

/** The rows of the first table behind a heading, cell by cell, without the table's own head. */
export function tableRows(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n');
  const from = lines.findIndex((line) => line.trim() === heading);
  if (from < 0) throw new Error(`no heading ${heading}`);
  const begin = lines.findIndex((line, index) => index > from && line.startsWith('|'));
  const rows: string[][] = [];
  for (const line of lines.slice(begin)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows.slice(2);
}

/** A table as the formatter of this repository writes it. */
export async function formatTable(head: string[], rows: readonly string[][]): Promise<string> {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const options = await resolveConfig(import.meta.filename);
  return format(lines.join('\n'), { ...options, parser: 'markdown' });
}
