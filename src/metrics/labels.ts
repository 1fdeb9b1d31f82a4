const NEEDS_ESCAPE = /[\\"\n]/;

export const escapeLabel = (value: string): string =>
  NEEDS_ESCAPE.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;

/** `service="web",server="web1"`: what stands between the braces. */
export function labelText(names: readonly string[], values: readonly (string | number)[]): string {
  let text = '';
  for (let i = 0; i < names.length; i++) {
    text += `${i === 0 ? '' : ','}${names[i]}="${escapeLabel(String(values[i] ?? ''))}"`;
  }
  return text;
}

/** Label texts from one scrape to the next, by the key of what they belong to. What a scrape did not ask for is forgotten
 *  with the following one. */
export class LabelCache {
  #old = new Map<string, Map<string, string>>();
  #new = new Map<string, Map<string, string>>();

  turn(): void {
    this.#old = this.#new;
    this.#new = new Map();
  }

  /** The texts of one group; `group` stands for everything they are made of, but for their own keys. */
  group(group: string): Map<string, string> {
    let texts = this.#new.get(group);
    if (texts === undefined) {
      texts = this.#old.get(group) ?? new Map<string, string>();
      this.#new.set(group, texts);
    }
    return texts;
  }
}
