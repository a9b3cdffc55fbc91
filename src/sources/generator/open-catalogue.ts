import { readCatalogFile } from './catalog-file.ts';
import type { Catalogue } from './catalogue.ts';
import { ownCatalogue } from './catalogue.ts';

/**
 * The shop that a catalogue describes: a user's file of order lines, or our own.
 * @throws DaybookError what `readCatalogFile` throws
 */
export function openCatalogue(path: string | undefined): Promise<Catalogue> {
  return path === undefined ? ownCatalogue() : readCatalogFile(path);
}
