import { type ChildProcess, spawn } from 'node:child_process';

/** What a command line gave. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One side of a comparison. */
export interface Side {
  run(words: readonly string[], input: string): Promise<Outcome>;
  close(): void;
}

/** Debian's program, loaded once and forked for each command line (fork-server.cc). Latin-1, so that every byte counts. */
export function openJudge(program: string, preload: string): Side {
  const child = spawn(program, [], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LD_PRELOAD: preload },
  });
  const answers = new Answers(child);
  return {
    async run(words, input) {
      child.stdin?.write(request(['ipvsadm', ...words], input));
      const code = (await answers.take(4)).readUInt32LE();
      const out = await answers.text();
      const err = await answers.text();
      return { code, out, err };
    },
    close() {
      child.stdin?.end();
    },
  };
}

function request(words: readonly string[], input: string): Buffer {
  return Buffer.concat([number(words.length), ...[...words, input].flatMap(text)]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function text(value: string): Buffer[] {
  const bytes = Buffer.from(value, 'utf8');
  return [number(bytes.length), bytes];
}

/** Reads a stream in pieces of asked-for sizes. */
class Answers {
  #held = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => {
      this.#held = Buffer.concat([this.#held, data]);
      this.#wake?.();
    });
    child.once('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async take(size: number): Promise<Buffer> {
    while (this.#held.length < size) {
      if (this.#ended) throw new Error("the server of the judge's answers ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(size);
    return taken;
  }

  async text(): Promise<string> {
    const size = (await this.take(4)).readUInt32LE();
    return (await this.take(size)).toString('latin1');
  }
}

/** A program run anew for each command line, found in a folder as a shell would find it: ipvsadm prints how it was called.
 *  `prefix` is put before it. */
export function processSide(folder: string, program: string, prefix: readonly string[] = []): Side {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  return {
    run(words, input) {
      const [file = program, ...rest] = [...prefix, program, ...words];
      const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'], env });
      // It may end without reading.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (data: Buffer) => out.push(data));
      child.stderr.on('data', (data: Buffer) => err.push(data));
      const joined = (parts: readonly Buffer[]) => Buffer.concat(parts).toString('latin1');
      return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code) => resolve({ code: code ?? -1, out: joined(out), err: joined(err) }));
      });
    },
    close() {},
  };
}
