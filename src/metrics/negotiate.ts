import type { Format } from './render.ts';

/** Which form an Accept header asks for: OpenMetrics where it is preferred to plain text, plain text otherwise. */
export function negotiate(accept: string | undefined): Format {
  let best: { readonly format: Format; readonly quality: number } | undefined;
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const format = formatOf(type, parameters);
    if (format === undefined) continue;
    const quality = Number(parameters.find((word) => word.startsWith('q='))?.slice(2) ?? 1);
    if (quality > (best?.quality ?? 0)) best = { format, quality };
  }
  return best?.format ?? 'prometheus';
}

function formatOf(type: string, parameters: readonly string[]): Format | undefined {
  if (type === 'application/openmetrics-text') {
    const version = parameters.find((word) => word.startsWith('version='))?.slice('version='.length);
    return version === undefined || version === '1.0.0' || version === '0.0.1' ? 'openmetrics' : undefined;
  }
  return type === 'text/plain' || type === 'text/*' || type === '*/*' ? 'prometheus' : undefined;
}
