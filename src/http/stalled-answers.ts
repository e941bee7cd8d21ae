import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerInProgress } from './socket-refusal.ts';

const INTERVAL_MS = 1000;

/**
 * Cuts off clients that ask and then do not read. Node times out who sends slowly, not who receives
 * slowly, and an answer that nobody takes would be kept in memory for ever. A socket that holds
 * unsent bytes is given a timeout, which node restarts whenever the peer takes some of them.
 */
export function cutStalledAnswers(server: Server, stalledMsMax: number): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
    });
  });
  const look = (): void => {
    for (const socket of sockets) {
      const hasTimeout = socket.timeout === stalledMsMax;
      if (socket.writableLength > 0) {
        if (!hasTimeout) socket.setTimeout(stalledMsMax);
      } else if (hasTimeout && !isIdle(server, socket)) {
        socket.setTimeout(0);
      }
    }
  };
  const timer = setInterval(look, Math.min(INTERVAL_MS, stalledMsMax)).unref();
  server.once('close', () => {
    clearInterval(timer);
  });
}

/** Between requests the timeout is node's own, for connections that are kept alive. */
function isIdle(server: Server, socket: Socket): boolean {
  return server.keepAliveTimeout > 0 && answerInProgress(socket) === undefined;
}
