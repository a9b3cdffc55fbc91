import { chainedChecksum } from '../base/chained-checksum.ts';
import type { LogPosition, WrittenFrame } from '../ports/log.ts';
import type { CheckpointFacts } from './checkpoint.ts';

/** How far an engine is in its log, and what it has counted on the way. */
export class Place {
  /** The log's next offset. */
  offset: number;
  /** Where the log's next frame stands; undefined before the first one. */
  next: LogPosition | undefined;
  /** The chained checksums of the frames before it in its segment. */
  checksum: number;
  /** Records in the reports; below the offset when records were lost from the log. */
  accepted: number;
  duplicates: number;
  /** Of all frames up to the offset. */
  logBytes: number;

  /** @param accepted  records whose keys are known */
  constructor(facts: CheckpointFacts | undefined, accepted: number) {
    this.offset = facts?.offset ?? 0;
    this.next = facts?.next;
    this.checksum = facts?.checksum ?? 0;
    this.accepted = accepted;
    this.duplicates = facts?.duplicates ?? 0;
    this.logBytes = facts?.logBytes ?? 0;
  }

  advance(frame: WrittenFrame): void {
    this.offset = frame.firstOffset + frame.recordCount;
    this.checksum = chainedChecksum(frame.at.segment === this.next?.segment ? this.checksum : 0, frame.checksum);
    this.next = frame.next;
    this.accepted += frame.recordCount;
    this.duplicates += frame.duplicateCount;
    this.logBytes += frame.next.position - frame.at.position;
  }
}
