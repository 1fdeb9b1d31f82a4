import type { Config } from '../../config/schema.ts';
import type { Check, FileStat, Finding } from './check.ts';

export const secretsCheck = (file: string | null): Check => ({
  name: 'secrets',
  why: 'a key or password that others may read is none; a check refuses such a file',
  async look(machine, config) {
    const { files, inline } = secretsOf(config);
    const looked = await Promise.all(
      [...files].map(async (path) => judgeSecret(path, await machine.stat(path), machine.uid)),
    );
    const whole = inline.length > 0 && file !== null ? judgeInline(file, inline, await machine.stat(file)) : [];
    return [...looked.flat(), ...whole];
  },
});

/** Every secret of a file: those in files of their own, and the places of those in the text. */
export function secretsOf(config: Config | null): { files: Set<string>; inline: string[] } {
  const files = new Set<string>();
  const inline: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, `${path}[${index}]`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        const below = path === '' ? key : `${path}.${key}`;
        if (typeof item !== 'string') visit(item, below);
        else if (key === 'secretFile' || key === 'passwordFile') files.add(item);
        else if (key === 'secret') inline.push(below);
      }
    }
  };
  visit(config, '');
  return { files, inline };
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

export function judgeSecret(path: string, stat: FileStat | undefined, uid: number): Finding[] {
  if (!stat) return [{ what: `${path} does not exist`, fix: 'write the secret into it, with mode 0600' }];
  const found: Finding[] = [];
  if ((stat.mode & 0o077) !== 0)
    found.push({
      what: `${path} has mode ${octal(stat.mode)}: others may read or change it`,
      fix: `\`chmod 600 ${path}\``,
    });
  if (stat.uid !== 0 && stat.uid !== uid)
    found.push({ what: `${path} belongs to uid ${stat.uid}, who may change it`, fix: `\`chown root ${path}\`` });
  return found;
}

export function judgeInline(file: string, inline: readonly string[], stat: FileStat | undefined): Finding[] {
  if (!stat || (stat.mode & 0o077) === 0) return [];
  return [
    {
      what: `${file} holds ${inline.join(', ')} and has mode ${octal(stat.mode)}: others may read or change it`,
      fix: `\`chmod 600 ${file}\`, or put the secret in a file of its own (secretFile)`,
    },
  ];
}
