/**
 * Where the raw records of spilled days are kept: one file a day, which never changes. Names are the caller's; they begin
 * with the day and differ for each file.
 */
export interface DayFiles {
  /** Begins to gather records of some days. One gathering at a time. */
  gather(): Promise<DayGathering>;
  /** The names of all files that are there, in no order. */
  names(): Promise<readonly string[]>;
  /** Removes these files; one that is not there is as good as removed. What is being gathered stays as it is. */
  remove(names: readonly string[]): Promise<void>;
  /**
   * Removes all files but those named, and what an earlier process left unfinished. Of a gathering under way, all goes
   * that is not named either: what was added, and files that were written and not named yet. So none may be.
   */
  removeAllBut(names: ReadonlySet<string>): Promise<void>;
}

/** Records of some days on their way into files. What is not written when it is disposed of is forgotten. */
export interface DayGathering extends AsyncDisposable {
  /** Adds records of a day: lines as they were accepted, each ended by a line feed, whole lines only. Copied. */
  add(day: number, lines: Uint8Array): Promise<void>;

  /**
   * Writes the file of a day: the records that were added and those of its older file. When it resolves the file is
   * whole and durable, but its name is so only after `settle`; when it fails there is no such file.
   * @param name   of the new file
   * @param older  the name of the day's file so far
   * @throws DaybookError `DISK_FULL` (retryable), `DISK_FAILED`, `DAY_FILE_FAILED`; `DAY_FILE_DAMAGED` when the older file
   *   cannot be read
   */
  write(day: number, name: string, older: string | undefined): Promise<void>;

  /** Makes the names of all files durable that were written. */
  settle(): Promise<void>;
}
