import type { KernelErrorCode, OpFailure } from './op.ts';

/** A whole kernel call that failed: a dump, an open, a batch that could not be sent. The addon throws this class itself. */
export class KernelError extends Error implements OpFailure {
  readonly code: KernelErrorCode;
  readonly errno: number;
  readonly operation: string;
  readonly text: string;

  constructor(failure: OpFailure) {
    super(`${failure.operation}: ${failure.text}`);
    this.name = 'KernelError';
    this.code = failure.code;
    this.errno = failure.errno;
    this.operation = failure.operation;
    this.text = failure.text;
  }
}
