/**
 * What tiles are called in the address: `products-by-revenue`. A number tells those apart whose titles have the same
 * letters and digits.
 */
export function tileNames(tiles: readonly { readonly title: string }[]): readonly string[] {
  const names = new Set<string>();
  for (const { title } of tiles) {
    const slug = slugOf(title);
    let name = slug;
    for (let number = 2; names.has(name); number++) name = `${slug}-${number}`;
    names.add(name);
  }
  return [...names];
}

function slugOf(title: string): string {
  const slug = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return slug === '' ? 'tile' : slug;
}
