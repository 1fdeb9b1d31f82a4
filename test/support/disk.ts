import type { Content, Disk } from '../../src/daemon/disk.ts';

interface Inode {
  /** As programs see it, and as it outlives a power cut; null: nothing of it is sure. */
  content: string;
  synced: string | null;
}

export type DiskStep = 'create' | 'write' | 'sync' | 'rename' | 'sync-folder';

/** A file system in memory that knows what of it is on disk, and that can fail or lose its power at any step. */
export class FakeDisk implements Disk {
  /** Steps until the power is cut: 0 is before the next one. */
  stepsLeft = Number.POSITIVE_INFINITY;
  /** Asked before each step; an error is what the step fails with. */
  fault: (step: DiskStep) => Error | null = () => null;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();

  read(path: string): string | null {
    return this.#names.get(path)?.content ?? null;
  }

  setAside(path: string, as: string): void {
    this.#move(path, as);
    this.#durableNames = new Map(this.#names);
  }

  async lines(path: string): Promise<AsyncIterable<string> | null> {
    const text = this.read(path);
    if (text === null) return null;
    return (async function* () {
      yield* text.replace(/\n$/, '').split('\n');
    })();
  }

  async write(path: string, text: Content): Promise<void> {
    this.#step('create');
    const inode: Inode = this.#names.get(path) ?? { content: '', synced: null };
    Object.assign(inode, { content: '', synced: null });
    this.#names.set(path, inode);
    await this.#putDown(inode, text);
  }

  async append(path: string, text: Content): Promise<void> {
    const inode = this.#names.get(path);
    if (!inode) throw errnoError('ENOENT');
    await this.#putDown(inode, text);
  }

  async #putDown(inode: Inode, text: Content): Promise<void> {
    const whole = typeof text === 'string' ? text : await joined(text);
    this.#step('write');
    inode.content += whole;
    this.#step('sync');
    inode.synced = inode.content;
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename');
    this.#move(from, to);
  }

  async syncFolder(): Promise<void> {
    this.#step('sync-folder');
    this.#durableNames = new Map(this.#names);
  }

  /** What is found when the power is back: of what was not synced so much, and the names from before or after. */
  afterPowerCut(share: number, newNames: boolean): FakeDisk {
    const found = new FakeDisk();
    for (const [name, { content, synced }] of newNames ? this.#names : this.#durableNames) {
      const sure = synced?.length ?? 0;
      const left = content.slice(0, sure + Math.floor((content.length - sure) * share));
      found.#names.set(name, { content: left, synced: left });
    }
    found.#durableNames = new Map(found.#names);
    return found;
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  put(path: string, text: string): void {
    this.#names.set(path, { content: text, synced: text });
    this.#durableNames = new Map(this.#names);
  }

  #move(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (!inode) throw Object.assign(new Error(`ENOENT: no such file, rename '${from}'`), { code: 'ENOENT' });
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  #step(step: DiskStep): void {
    if (this.stepsLeft <= 0) throw new Error('the power is cut');
    this.stepsLeft--;
    const fault = this.fault(step);
    if (fault) throw fault;
  }
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** As the kernel would say it. */
export const errnoError = (code: string): Error => Object.assign(new Error(`${code}: it is refused`), { code });
