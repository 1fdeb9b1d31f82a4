import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority of a test's own, in a folder, and what it signs. */
export class Authority {
  readonly file: string;
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.file = this.#path('pem');
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    this.#openssl('req', '-x509', ...KEY, ...subject, '-keyout', this.#path('key'), '-out', this.file);
  }

  get pem(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Files and texts of a certificate for a common name and, as a server, for further names such as `IP:127.0.0.1`. */
  sign(name: string, names = `DNS:${name}`): { certFile: string; keyFile: string; cert: string; key: string } {
    const at = (ending: string): string => join(this.#folder, `${this.#name}-${name}.${ending}`);
    this.#openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('csr'));
    writeFileSync(at('ext'), `subjectAltName=${names}\n`);
    const by = ['-CA', this.file, '-CAkey', this.#path('key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext')];
    this.#openssl('x509', '-req', '-in', at('csr'), ...by, '-out', at('pem'));
    const [cert, key] = [readFileSync(at('pem'), 'utf8'), readFileSync(at('key'), 'utf8')];
    return { certFile: at('pem'), keyFile: at('key'), cert, key };
  }

  #path(ending: string): string {
    return join(this.#folder, `${this.#name}.${ending}`);
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
