import { z } from 'zod';
import { absolutePath, statusRanges, text, version } from '../field.ts';
import { line, pattern } from './line.ts';
import { proxy } from './proxy.ts';
import type { CheckRow } from './row.ts';
import { secretFile } from './secret.ts';
import { tls } from './tls.ts';

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
  .meta({ word: 'header', expects: 'the name of a header such as X-Ready' });

/** A header of the answer. */
const answerHeader = z
  .strictObject({
    name: headerName.meta({
      description: 'which header; several lines of one name are one value with commas between them, but for Set-Cookie',
    }),
    value: z.string().optional().meta({ description: 'its whole value; any when absent' }),
    match: pattern.optional().meta({ description: 'regular expression (RE2) that must match in its value' }),
    not: z
      .boolean()
      .default(false)
      .meta({ description: 'true: no such header, or none with such a value, may be there' }),
  })
  .meta({ description: 'one header' });

/** What is asked for, and what of the answer must be so. */
const page = {
  path: absolutePath.default('/').meta({ description: 'what is asked for' }),
  status: statusRanges
    .prefault('200-399')
    .meta({ description: 'accepted status codes: 200, "200-299", or a list of those' }),
  body: text.optional().meta({ description: 'text the first 64 KiB of the body must hold' }),
  match: pattern
    .optional()
    .meta({ description: 'regular expression (RE2) that must match in the first 64 KiB of the body' }),
  notBody: text.optional().meta({ description: 'text the first 64 KiB of the body must not hold' }),
  notMatch: pattern
    .optional()
    .meta({ description: 'regular expression (RE2) that must not match in the first 64 KiB of the body' }),
  answerHeaders: z
    .array(answerHeader)
    .min(1)
    .optional()
    .meta({ minItems: 1, description: 'headers the answer must have, or must not' }),
  digest: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .meta({
      word: 'MD5',
      expects: '32 hexadecimal digits, as genhash prints them',
      description: "MD5 of the whole body (at most 4 MiB), as keepalived's genhash prints it",
    }),
};

export const http = {
  to: 'tcp',
  login: 'user',
  settings: z
    .strictObject({
      ...page,
      version: version(['1.0', '1.1', '2']).prefault('1.1').meta({
        description:
          'version of HTTP; 2 is agreed on in TLS (ALPN), and without tls the server must expect it (prior knowledge)',
      }),
      method: z
        .enum(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH'])
        .default('GET')
        .meta({ description: 'request method' }),
      host: line.optional().meta({ description: 'Host header; the server address when absent' }),
      headers: z
        .array(
          z
            .string()
            // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out
            .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\u0000-\u001f\u007f]*$/)
            .meta({ word: 'header', expects: 'a header such as "X-Probe: yes"' }),
        )
        .optional()
        .meta({ description: 'more headers, or others in place of ours: ["X-Probe: yes"]' }),
      send: text.optional().meta({ description: 'body of the request' }),
      user: line.optional().meta({ description: 'user of basic authentication' }),
      passwordFile: secretFile
        .optional()
        .meta({ description: 'file with the password, readable by its owner alone; goes in the clear without tls' }),
      tls: tls.optional(),
      proxy,
      urls: z
        .array(z.strictObject(page).meta({ description: 'one page' }))
        .optional()
        .meta({ minItems: 1, description: 'further pages that must be right as well, each asked for in turn' }),
    })
    .meta({ description: 'the server answers HTTP, or HTTPS, with an accepted status' }),
} as const satisfies CheckRow;
