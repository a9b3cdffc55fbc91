/** Where a text stops being JSON, and what should stand there. */
export interface JsonFault {
  /** In UTF-16 units; the text's length when it ends too soon. */
  readonly at: number;
  readonly wanted: string;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPES = '"\\/bfnrt';
const HEX = /^[0-9a-fA-F]$/;
const HEX_DIGITS = 4;

/**
 * Says where a text stops being JSON; undefined when it is JSON throughout. It takes what `JSON.parse` takes, but it
 * builds nothing: what may be refused by the million must be refused cheaply, and an error of `JSON.parse` is not cheap.
 * @param levelsMax  so many objects and arrays may stand within each other; at most a few hundred
 * @returns `'nested'` where one more of them begins
 */
export function jsonFault(text: string, levelsMax: number): JsonFault | 'nested' | undefined {
  return new Check(text).whole(levelsMax);
}

/** Reads on from `at`; methods say whether all was well, and leave the fault when it was not. */
class Check {
  readonly #text: string;
  #at = 0;
  #fault: JsonFault | 'nested' | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  whole(levelsMax: number): JsonFault | 'nested' | undefined {
    if (this.#value(levelsMax)) {
      this.#skipWhite();
      if (this.#at < this.#text.length) this.#fail('the end of the line');
    }
    return this.#fault;
  }

  #value(levelsLeft: number): boolean {
    this.#skipWhite();
    const unit = this.#text.charCodeAt(this.#at);
    if (unit === QUOTE) return this.#string();
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (levelsLeft === 0) {
        this.#fault = 'nested';
        return false;
      }
      this.#at++;
      return unit === OPEN_BRACE ? this.#members(levelsLeft - 1) : this.#elements(levelsLeft - 1);
    }
    SCALAR.lastIndex = this.#at;
    if (!SCALAR.test(this.#text)) return this.#fail('a value');
    this.#at = SCALAR.lastIndex;
    return true;
  }

  #members(levelsLeft: number): boolean {
    if (this.#takes(CLOSE_BRACE)) return true;
    do {
      this.#skipWhite();
      if (this.#text.charCodeAt(this.#at) !== QUOTE) return this.#fail("a member's name in quotes");
      if (!this.#string()) return false;
      if (!this.#takes(COLON)) return this.#fail('a colon');
      if (!this.#value(levelsLeft)) return false;
    } while (this.#takes(COMMA));
    return this.#takes(CLOSE_BRACE) || this.#fail("a comma or '}'");
  }

  #elements(levelsLeft: number): boolean {
    if (this.#takes(CLOSE_BRACKET)) return true;
    do if (!this.#value(levelsLeft)) return false;
    while (this.#takes(COMMA));
    return this.#takes(CLOSE_BRACKET) || this.#fail("a comma or ']'");
  }

  #string(): boolean {
    const text = this.#text;
    for (let at = this.#at + 1; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (unit >= SPACE && unit !== BACKSLASH) continue;
      this.#at = at;
      if (unit < SPACE) return this.#fail('its escape');
      if (!this.#escape()) return false;
      at = this.#at - 1;
    }
    this.#at = text.length;
    return this.#fail('a closing quote');
  }

  #escape(): boolean {
    const letter = this.#text[++this.#at] ?? '';
    if (letter !== 'u' && (letter === '' || !ESCAPES.includes(letter))) return this.#fail('an escape that JSON has');
    this.#at++;
    if (letter !== 'u') return true;
    for (let digit = 0; digit < HEX_DIGITS; digit++, this.#at++) {
      if (!HEX.test(this.#text[this.#at] ?? '')) return this.#fail('a hexadecimal digit');
    }
    return true;
  }

  #takes(wanted: number): boolean {
    this.#skipWhite();
    if (this.#text.charCodeAt(this.#at) !== wanted) return false;
    this.#at++;
    return true;
  }

  #skipWhite(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== SPACE && unit !== TAB && unit !== LINE_FEED && unit !== CARRIAGE_RETURN) return;
      this.#at++;
    }
  }

  #fail(wanted: string): false {
    this.#fault = { at: this.#at, wanted };
    return false;
  }
}
