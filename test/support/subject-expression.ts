/** What a pattern of subjects means, said another way: a regular expression of its tokens. */
export function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('.').map((token, index) => {
    const dot = index === 0 ? '' : '\\.';
    if (token === '>') return `${dot}[^.]+(?:\\.[^.]+)*`;
    return dot + (token === '*' ? '[^.]+' : token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  });
  return new RegExp(`^${parts.join('')}$`, 'u');
}
