/** A reader of command lines with the habits of the popt library, which ipvsadm is built on: short options combine
 *  (`-Ln`), values follow attached (`-p100`, `-p=100`, `--weight=3`) or as the next word, and words that are no option
 *  are kept for later. No abbreviations of long options. */

export interface OptionForm {
  readonly long?: string;
  /** One character. */
  readonly short?: string;
  /** `optional` takes the next word unless that begins with `-`. */
  readonly value: 'none' | 'required' | 'optional';
}

export type Found<Form extends OptionForm> =
  | {
      readonly kind: 'option';
      readonly form: Form;
      /** Null where none was given. */
      readonly value: string | null;
      /** The word last read, which is how popt names an option: `-AD`, or its value where that was a word of its own. */
      readonly word: string;
    }
  | { readonly kind: 'mistake'; readonly text: string }
  | { readonly kind: 'end' };

const MISTAKES = {
  unknown: 'unknown option',
  missing: 'missing argument',
  unwanted: 'option does not take an argument',
} as const;

/** Forms by how they are written, for any number of command lines. */
export class FormIndex<Form extends OptionForm> {
  readonly long = new Map<string, Form>();
  readonly short = new Map<string, Form>();

  constructor(forms: readonly Form[]) {
    for (const form of forms) {
      if (form.long !== undefined) this.long.set(form.long, form);
      if (form.short !== undefined) this.short.set(form.short, form);
    }
  }
}

export class Popt<Form extends OptionForm> {
  readonly #forms: FormIndex<Form>;
  readonly #words: readonly string[];
  readonly #arguments: string[] = [];
  #next = 0;
  /** What is left of a word of short options. */
  #shorts = '';
  #onlyArguments = false;

  constructor(forms: FormIndex<Form>, words: readonly string[]) {
    this.#forms = forms;
    this.#words = words;
  }

  /** The next option, passing over other words. */
  next(): Found<Form> {
    while (this.#shorts === '') {
      const word = this.#words[this.#next];
      if (word === undefined) return { kind: 'end' };
      this.#next++;
      if (this.#onlyArguments || !word.startsWith('-') || word === '-') this.#arguments.push(word);
      else if (word === '--') this.#onlyArguments = true;
      else if (word.startsWith('--')) return this.#long(word.slice(2));
      else this.#shorts = word.slice(1);
    }
    return this.#short();
  }

  /** The next word that was no option, of those passed over so far. */
  argument(): string | undefined {
    return this.#arguments.shift();
  }

  #long(text: string): Found<Form> {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const form = this.#forms.long.get(name);
    if (!form) return this.#mistake('unknown');
    return this.#valued(form, equals < 0 ? null : text.slice(equals + 1));
  }

  #short(): Found<Form> {
    const letter = this.#shorts.charAt(0);
    this.#shorts = this.#shorts.slice(1);
    const form = this.#forms.short.get(letter);
    if (!form) return this.#mistake('unknown');
    if (form.value === 'none') return this.#valued(form, this.#shorts.startsWith('=') ? this.#shorts : null);
    const attached = this.#shorts;
    this.#shorts = '';
    return this.#valued(form, attached === '' ? null : attached.replace(/^=/, ''));
  }

  #valued(form: Form, attached: string | null): Found<Form> {
    if (form.value === 'none' && attached !== null) return this.#mistake('unwanted');
    if (form.value === 'none' || attached !== null) return this.#option(form, attached);
    const word = this.#words[this.#next];
    if (word === undefined) return form.value === 'optional' ? this.#option(form, null) : this.#mistake('missing');
    if (form.value === 'optional' && word.startsWith('-')) return this.#option(form, null);
    this.#next++;
    return this.#option(form, word);
  }

  #option(form: Form, value: string | null): Found<Form> {
    return { kind: 'option', form, value, word: this.#word };
  }

  #mistake(kind: keyof typeof MISTAKES): Found<Form> {
    return { kind: 'mistake', text: `${this.#word}: ${MISTAKES[kind]}` };
  }

  get #word(): string {
    return this.#words[this.#next - 1] ?? '';
  }
}
