import { expect, test } from 'vitest';
import { RouteTable } from '../../../src/http/json/route-table.ts';

function table(): RouteTable {
  const routes = new RouteTable();
  routes.add('GET', '/a/:name');
  routes.add('PUT', '/a/:name');
  routes.add('POST', '/a/:name/b');
  routes.add('GET', '/c.json');
  return routes;
}

test('a path has the methods of its route, and HEAD where there is GET', () => {
  expect(table().methods('/a/x')).toEqual(['GET', 'HEAD', 'PUT']);
  expect(table().methods('/a/')).toEqual(['GET', 'HEAD', 'PUT']);
  expect(table().methods('/a/x/b')).toEqual(['POST']);
  expect(table().methods('/c.json')).toEqual(['GET', 'HEAD']);
});

test.each(['/', '/a', '/a/x/', '/a/x/c', '/A/x', '/b/a/x', '/cxjson', '/a/x/b/'])(
  'nothing is served at %s',
  (path) => {
    expect(table().methods(path)).toEqual([]);
  },
);
