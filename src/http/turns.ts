import type { IncomingMessage, ServerResponse } from 'node:http';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Handles the requests of a connection one after the other. Node hands out pipelined requests all at
 * once, but only safe ones may be carried out in any order (RFC 9112, "Pipelining"), and a client
 * that reads no answers must not have a thousand of them made and kept. What comes behind the last
 * answer of a connection is not carried out at all (RFC 9112, "Tear-down").
 */
export function inTurn(handler: Handler): Handler {
  return (request, response) => {
    const begin = (): void => {
      if (request.socket.writable) handler(request, response);
    };
    // An answer has no socket while another one of the same connection has it.
    if (response.socket === null) response.once('socket', begin);
    else begin();
  };
}
