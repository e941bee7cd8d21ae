import { unreachableFor, type Failure } from './answer.ts';
import { AddressRefused } from './checked-lookup.ts';

/** What an error of a socket, of TLS or of the parser means to who called. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AddressRefused) return { kind: 'refused-address', address: error.address };
  const code = codeOf(error);
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return unreachableFor('name-unknown');
    case 'ECONNREFUSED':
      return unreachableFor('connection-refused');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
      return unreachableFor('no-route');
    case 'ETIMEDOUT':
    case 'ERR_SOCKET_CONNECTION_TIMEOUT':
      return { kind: 'timed-out' };
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { kind: 'too-large' };
    default:
      return byFamily(code);
  }
}

function byFamily(code: string): Failure {
  if (code.startsWith('EAI_')) return unreachableFor('name-unknown');
  if (code.startsWith('HPE_')) return unreachableFor('not-http');
  if (/CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO|^UNABLE_TO/.test(code))
    return unreachableFor('tls');
  return unreachableFor('connection-lost');
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
