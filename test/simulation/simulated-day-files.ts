import type { DayFiles, DayGathering } from '../../src/ports/day-files.ts';
import type { Disk } from '../../src/ports/disk.ts';

export const DAY_FOLDER = 'days';
const TEMPORARY = '.tmp';

/** Days' files on any disk: their records' lines, one behind the other. */
export function simulatedDayFiles(disk: Disk): DayFiles {
  const gathered = new Map<number, Uint8Array[]>();
  return {
    async gather() {
      await disk.makeFolder(DAY_FOLDER);
      return gathering(disk, gathered);
    },
    async names() {
      const names = await disk.list(DAY_FOLDER);
      return names.filter((name) => !name.endsWith(TEMPORARY));
    },
    async remove(names) {
      for (const name of names) await disk.remove(`${DAY_FOLDER}/${name}`);
      await disk.syncFolder(DAY_FOLDER);
    },
    async removeAllBut(names) {
      // Nobody says when it goes, so it goes as soon as it may.
      gathered.clear();
      for (const name of await disk.list(DAY_FOLDER)) {
        if (!names.has(name)) await disk.remove(`${DAY_FOLDER}/${name}`);
      }
      await disk.syncFolder(DAY_FOLDER);
    },
  };
}

function gathering(disk: Disk, gathered: Map<number, Uint8Array[]>): DayGathering {
  return {
    async add(day, lines) {
      gathered.set(day, [...(gathered.get(day) ?? []), Uint8Array.from(lines)]);
    },
    async write(day, name, older) {
      const before = older === undefined ? new Uint8Array(0) : await disk.read(`${DAY_FOLDER}/${older}`);
      if (before === undefined) throw new Error(`There is no file ${older} of the day ${day}.`);
      const path = `${DAY_FOLDER}/${name}`;
      await disk.remove(path + TEMPORARY);
      const file = await disk.open(path + TEMPORARY, 'create');
      await file.writeAt(0, [before, ...(gathered.get(day) ?? [])]);
      await file.sync();
      await file.close();
      await disk.rename(path + TEMPORARY, path);
    },
    settle: () => disk.syncFolder(DAY_FOLDER),
    [Symbol.asyncDispose]: async () => {
      gathered.clear();
    },
  };
}
