import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { App } from '../app.ts';
import { DirectConnection, type DirectSettings } from './direct-connection.ts';

/**
 * Puts a shorter way before a server's own: what a connection brings is served directly for as long
 * as it can be, and node takes over when it cannot. Most writers never need node's parser, nor the
 * two streams that it makes for each request, which cost more than storing an append.
 */
export function serveDirectly(server: Server, app: App, settings: DirectSettings): void {
  const connections = new Set<DirectConnection>();
  const nodeListeners = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const connection = new DirectConnection(socket, {
      settings,
      serve: app.serveDirectly,
      handOver: () => {
        connections.delete(connection);
        socket.off('close', forget);
        for (const listener of nodeListeners) Reflect.apply(listener, server, [socket]);
      },
    });
    const forget = (): void => {
      connections.delete(connection);
    };
    connections.add(connection);
    socket.on('close', forget);
  });
  endAlong(server, connections);
}

/** Whoever ends the server's connections means all of them; `close` ends the idle ones by itself. */
function endAlong(server: Server, connections: ReadonlySet<DirectConnection>): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  const closeAll = server.closeAllConnections.bind(server);
  server.closeIdleConnections = () => {
    for (const connection of connections) connection.close();
    closeIdle();
  };
  server.closeAllConnections = () => {
    for (const connection of connections) connection.destroy();
    closeAll();
  };
}
