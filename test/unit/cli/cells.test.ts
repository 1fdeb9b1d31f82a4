import { describe, expect, it } from 'vitest';
import { cellsOf, cut, fitted, printable, wrap } from '../../../src/cli/cells.ts';

describe('cells of text', () => {
  it.each([
    ['plain', 5],
    ['東京', 4],
    ['한국', 4],
    ['ｆｕｌｌ', 8],
    ['café', 4],
    ['cafe\u0301', 4],
    ['✓', 1],
    ['👍', 2],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['…', 1],
    ['\u200d', 0],
    ['', 0],
  ])('%s takes %i', (text, cells) => {
    expect(cellsOf(text)).toBe(cells);
  });

  it('is cut between characters, and what is too wide makes room', () => {
    expect(cut('東京タワー', 5)).toBe('東京…');
    expect(cut('東京タワー', 4)).toBe('東…');
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('abc', 3)).toBe('abc');
    expect(fitted('東京タワー', 4)).toBe('東… ');
    expect(fitted('7', 3, 'right')).toBe('  7');
  });

  it('is wrapped at blanks, and within words that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(wrap('東京', 1)).toEqual([]);
  });

  it('has nothing that moves the cursor or turns the direction', () => {
    expect(printable('a\u001b[31mb\u202e\u0007\r\nc')).toBe('a\ufffd[31mb\ufffd\ufffd c');
  });
});
