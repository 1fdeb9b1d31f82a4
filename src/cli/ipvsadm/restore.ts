import type { Ipvs } from '../../kernel/ipvs.ts';
import type { IpvsOp } from '../../model/op.ts';
import type { Resolver } from './address.ts';
import { describe } from './describe.ts';
import { REFUSED, Refusal } from './draft.ts';
import { failureText } from './failures.ts';
import { parse } from './parse.ts';
import type { Request } from './request.ts';
import { type Output, operationOf, run, type SingleRequest } from './run.ts';

type RestoreRequest = Extract<Request, { readonly command: 'restore' }>;

export interface RestoreContext {
  readonly ipvs: Ipvs;
  readonly io: Output;
  readonly program: string;
  readonly resolver: Resolver;
  /** Delete every service first. */
  readonly clear?: boolean;
}

interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly words: readonly string[];
}

interface Step {
  readonly number: number;
  readonly request: SingleRequest;
}

/** Does every line of the text, each a command line without the program's name. All lines are read before the first is
 *  done, and if one is wrong, none is. */
export async function restore(request: RestoreRequest, text: string, context: RestoreContext): Promise<number> {
  if (request.strictCompat) return restoreLineByLine(linesOf(text), context);
  const { io } = context;
  const steps: Step[] = [];
  let mistakes = 0;
  let exit = 0;
  for (const line of linesOf(text)) {
    if (line.words[0]?.startsWith('#')) continue;
    try {
      steps.push({ number: line.number, request: await parseLine(line, context) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mistakes++ === 0) exit = error.exit;
      io.err(`line ${line.number}: ${error.message.trimEnd()}\n`);
    }
  }
  if (mistakes > 0) {
    io.err(`${mistakes === 1 ? '1 line is' : `${mistakes} lines are`} wrong; nothing was changed\n`);
    return exit;
  }
  if (context.clear) steps.unshift({ number: 0, request: { command: 'flush' } });
  if (request.dryRun) {
    io.out(describe(steps, request.json));
    return 0;
  }
  return applySteps(steps, context);
}

/** Lines with words in them; ipvsadm passes over its own name wherever it stands. */
function* linesOf(text: string): Generator<Line> {
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const words = line.split(/[ \t\r]+/).filter((word) => word !== '' && word !== 'ipvsadm');
    if (words.length > 0) yield { number, words };
  }
}

async function parseLine({ words }: Line, { program, resolver }: RestoreContext): Promise<SingleRequest> {
  const request = await parse(words, program, resolver);
  if (request.command !== 'restore') return request;
  throw new Refusal(`Try \`${program} -h' or '${program} --help' for more information.`, REFUSED);
}

/** Changes of the table that follow each other go to the kernel in one batch. */
async function applySteps(steps: readonly Step[], { ipvs, io }: RestoreContext): Promise<number> {
  let failed = false;
  const report = (number: number, text: string): void => {
    failed = true;
    io.err(`${number === 0 ? '' : `line ${number}: `}${text}`);
  };
  for (let at = 0; at < steps.length; ) {
    const batch = batchAt(steps, at);
    if (batch.length > 0) {
      for (const { failure } of await ipvs.apply(batch)) {
        const { number, request } = steps[at++] as Step;
        if (failure) report(number, `${failureText(request.command, failure)}\n`);
      }
      continue;
    }
    const { number, request } = steps[at++] as Step;
    const exit = await run(request, ipvs, { out: io.out, err: (text) => report(number, text) });
    if (exit !== 0) failed = true;
  }
  return failed ? REFUSED : 0;
}

function batchAt(steps: readonly Step[], start: number): IpvsOp[] {
  const batch: IpvsOp[] = [];
  for (let at = start; at < steps.length; at++) {
    const op = operationOf((steps[at] as Step).request);
    if (!op) break;
    batch.push(op);
  }
  return batch;
}

/** As ipvsadm does it: each line is done before the next is read, a mistake ends it half-way (but for one that popt finds),
 *  and the exit code is the last line's. */
async function restoreLineByLine(lines: Iterable<Line>, context: RestoreContext): Promise<number> {
  const { ipvs, io } = context;
  if (context.clear) await run({ command: 'flush' }, ipvs, io);
  let exit = 0;
  for (const line of lines) {
    try {
      const request = await parseLine(line, context);
      exit = await run(request, ipvs, io);
      const ends = request.command === 'help' || request.command === 'version';
      if (ends || (request.command === 'list' && exit !== 0)) return exit;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      io.err(`${error.message}\n`);
      if (error.ends) return error.exit;
      exit = error.exit;
    }
  }
  return exit;
}
