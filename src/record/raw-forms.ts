import { grownInt32, TextDictionary } from './text-dictionary.ts';

/** So many forms are remembered; then all are forgotten and learned again, so that memory stays bounded. */
const FORMS_MAX = 1 << 20;
const UNKNOWN = -1;

/**
 * Dictionary ids by how a value was written: a text with escapes, a number digit by digit. A form that was read once is
 * not read again, only found.
 */
export class RawForms {
  #forms = new TextDictionary();
  #ids: Int32Array = new Int32Array(128);

  /** The id of a form; -1 when it is not known. */
  idOf(view: DataView, start: number, end: number, hash: number): number {
    const form = this.#forms.find(view, start, end, hash);
    return form === 0 ? UNKNOWN : (this.#ids[form] as number);
  }

  /** Remembers what a form that is not known stands for. @returns the id */
  learn(view: DataView, start: number, end: number, hash: number, id: number): number {
    if (this.#forms.size === FORMS_MAX) this.#forms = new TextDictionary();
    const form = this.#forms.intern(view, start, end, hash);
    if (form >= this.#ids.length) this.#ids = grownInt32(this.#ids);
    this.#ids[form] = id;
    return id;
  }
}
