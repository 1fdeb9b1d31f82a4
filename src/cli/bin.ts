import { setFlagsFromString } from 'node:v8';

const [, , name, ...rest] = process.argv;

if (name === 'ipvsadm') {
  // Scripts call it once per change, so it must not wait for the other commands' libraries.
  const [{ ipvsadm }, { processIo }] = await Promise.all([import('./ipvsadm/main.ts'), import('./ipvsadm/io.ts')]);
  process.exitCode = await ipvsadm(rest, processIo);
} else {
  // A daemon lives for months: V8 shall collect sooner rather than keep 16 MB of young garbage for each thread. Takes a third
  // off a director with 250 instances. It has to be said before anything is allocated.
  if (name === 'run')
    for (const flag of ['--optimize-for-size', '--max-semi-space-size=1', '--semi-space-growth-factor=1'])
      setFlagsFromString(flag);
  const { main } = await import('./main.ts');
  const io = {
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
    terminal: process.stdout.isTTY === true && !process.env.NO_COLOR,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    errColumns: process.stderr.isTTY ? process.stderr.columns : undefined,
    confirm: process.stdin.isTTY && process.stderr.isTTY ? confirm : undefined,
  };
  // A reader that closed the pipe (`| head`) is not an error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => {});
  process.exitCode = await main(process.argv.slice(2), io);
}

/** On stderr, so that what is printed can go elsewhere. Anything but y or yes is no; so is the end of the input. */
async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<boolean>((resolve) => {
      lines.once('close', () => resolve(false));
      lines.question(`${question} y/n `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    lines.close();
  }
}
