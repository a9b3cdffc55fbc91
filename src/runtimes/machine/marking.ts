import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 mark the heap in one go of some 10 ms once it is full, instead of long before and in hundreds of steps beside the
 * work: for a command that nobody waits for in between. To be called when its modules are loaded: what was compiled before,
 * such as Node's own modules, is not taken from a cache any more.
 */
export function markAtOnce(): void {
  setFlagsFromString('--no-incremental-marking');
}
