/** A whole number as strtol() reads decimal text (blanks in front and a sign are fine), if it is from `least` to `most`. */
export function numberFrom(text: string, least: number, most: number): number | undefined {
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value + 0 : undefined;
}

/** What atoi() makes of text: the number it begins with, or 0. */
export const leadingNumber = (text: string): number => {
  const value = Number.parseInt(/^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1] ?? '0', 10);
  return Number.isSafeInteger(value) ? value | 0 : -1;
};
